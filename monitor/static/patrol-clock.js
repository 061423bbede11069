// The time at the site by the server's clock: a phone's own may be wrong. A demonstration's clock runs faster.

const place = document.getElementById("scan").dataset;
const speed = Number(document.documentElement.dataset.clockSpeed ?? 1);
const shown = Date.parse(place.now), loaded = Date.now();

export const serverNow = () => new Date(shown + (Date.now() - loaded) * speed);

export function runClock() {
  const clock = document.getElementById("clock");
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: place.timezone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const tick = () => {
    clock.textContent = format.format(serverNow());
  };
  tick();
  window.setInterval(tick, 1_000);
}
