// How long the second person is still waited for; the server said how many seconds are left when it answered.

const place = document.getElementById("verdict");
const begun = new WeakMap();

setInterval(() => {
  const line = place.querySelector(".countdown");
  if (!line) return;
  if (!begun.has(line)) begun.set(line, performance.now());
  const passed = Math.floor((performance.now() - begun.get(line)) / 1000);
  const left = Math.max(0, Number(line.dataset.seconds) - passed);
  line.textContent = left > 0 ? line.dataset.left.replace("{seconds}", left) : line.dataset.over;
}, 250);
