// The time at the site by the server's clock: a phone's own may be wrong.

const place = document.getElementById("scan").dataset;
const ahead = Date.parse(place.now) - Date.now();

export const serverNow = () => new Date(Date.now() + ahead);

export function runClock() {
  const clock = document.getElementById("clock");
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: place.timezone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const tick = () => {
    clock.textContent = format.format(serverNow());
  };
  tick();
  window.setInterval(tick, 1_000);
}
