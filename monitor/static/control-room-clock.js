// The clock shows the site's time by the server's clock, and ages grow while one looks. A demonstration's clock runs faster.

const clock = document.getElementById("clock");
const speed = Number(document.documentElement.dataset.clockSpeed ?? 1);
const shown = Date.parse(clock.dateTime), loaded = Date.now();

export const serverNow = () => shown + (Date.now() - loaded) * speed;

const UNITS = [["days", 86_400], ["hours", 3_600], ["minutes", 60], ["seconds", 1]];

function growAges(now) {
  const words = document.getElementById("board").dataset;
  for (const age of document.querySelectorAll("[data-age]")) {
    const seconds = Math.max(0, Math.floor((now - Date.parse(age.dateTime)) / 1_000));
    const [unit, size] = UNITS.find(([, least]) => seconds >= least) ?? UNITS.at(-1);
    const name = `age${unit[0].toUpperCase()}${unit.slice(1)}`;
    const text = words[name].replace("{n}", Math.floor(seconds / size));
    if (age.textContent !== text) age.textContent = text;
  }
}

export function runClocks() {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: clock.dataset.timezone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const tick = () => {
    const now = serverNow();
    clock.textContent = format.format(now);
    growAges(now);
  };
  tick();
  window.setInterval(tick, 1_000);
}
