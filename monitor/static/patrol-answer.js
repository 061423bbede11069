// The answer to a scan, large: a shape, a word and a colour, where the guard looks first.

const words = document.getElementById("scan").dataset;
const SIGNS = { good: "✓", warn: "!", bad: "✕", calm: "…" };

export function say(tone, headline, detail) {
  const answer = document.getElementById("answer");
  answer.dataset.tone = tone;
  answer.querySelector(".sign").textContent = SIGNS[tone];
  answer.querySelector(".headline").textContent = headline;
  answer.querySelector(".detail").textContent = detail;
  answer.hidden = false;
  answer.scrollIntoView({ block: "start" });
  if (tone !== "calm" && navigator.userActivation?.hasBeenActive) navigator.vibrate?.(tone === "good" ? 80 : [120, 80, 120]);
}

export function sayScan(answer) {
  const name = words.lang === "en" ? answer.checkpoint.name_en : answer.checkpoint.name_zh;
  const left = answer.left === null ? "" : answer.left === 0 ? words.leftNone : words.left.replace("{n}", answer.left);
  const [tone, judged] = { on_time: ["good", words.onTime], late: ["warn", words.late] }[answer.judgement] ?? ["calm", words.extra];
  say(tone, name, [judged, left].filter(Boolean).join(" · "));
  if (tone === "calm") document.querySelector("#answer .sign").textContent = "✓";
}

export function sayKept() {
  say("warn", words.kept, words.keptDetail);
}

// `scan`: one that was kept before; then its time is said, because the guard has gone on since.
export function sayProblem(text, scan = null) {
  if (scan === null) return say("bad", words.refused, text);
  const format = { timeZone: words.timezone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const time = new Intl.DateTimeFormat("en-GB", format).format(Date.parse(scan.scanned_at));
  return say("bad", words.refusedKept.replace("{time}", time), text);
}
