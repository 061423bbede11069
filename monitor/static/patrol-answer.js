// The answer to a scan, large: a shape, a word and a colour, where the guard looks first.

const words = document.getElementById("scan").dataset;
const SIGNS = { good: "✓", warn: "!", bad: "✕", calm: "…", noted: "✓" };
const EACH = { onTime: ["good", words.eachOnTime], late: ["warn", words.eachLate], early: ["warn", words.eachEarly], repeats: ["noted", words.eachRepeats], extra: ["noted", words.eachExtra] };

export function say(tone, headline, detail, each = []) {
  const answer = document.getElementById("answer");
  answer.dataset.tone = tone;
  answer.querySelector(".sign").textContent = SIGNS[tone];
  answer.querySelector(".headline").textContent = headline;
  answer.querySelector(".detail").textContent = detail;
  answer.querySelector(".each").replaceChildren(...each.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  answer.hidden = false;
  answer.scrollIntoView({ block: "start" });
  if (tone !== "calm" && navigator.userActivation?.hasBeenActive) navigator.vibrate?.(tone === "good" ? 80 : [120, 80, 120]);
}

function timeOf(moment) {
  const format = { timeZone: words.timezone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat("en-GB", format).format(Date.parse(moment));
}

const nameOf = (answer) => (words.lang === "en" ? answer.checkpoint.name_en : answer.checkpoint.name_zh);

// What an answer comes to: early | repeats | onTime | late | extra.
function kindOf(answer) {
  if (answer.early_until !== null) return "early";
  if (answer.repeats !== null) return "repeats";
  return { on_time: "onTime", late: "late" }[answer.judgement] ?? "extra";
}

export function sayScan(answer) {
  const kind = kindOf(answer);
  const name = nameOf(answer);
  if (kind === "early") {
    const detail = words.earlyDetail.replace("{name}", name).replace("{time}", timeOf(answer.early_until));
    return say("warn", words.early, detail);
  }
  const judged = words[kind].replace("{time}", kind === "repeats" ? timeOf(answer.repeats) : "");
  const left = answer.left === null ? "" : answer.left === 0 ? words.leftNone : words.left.replace("{n}", answer.left);
  return say(EACH[kind][0], name, [judged, left].filter(Boolean).join(" · "));
}

export function sayKept() {
  say("warn", words.kept, words.keptDetail);
}

export function sayProblem(text) {
  say("bad", words.refused, text);
}

// What became of kept scans, each with its place, its time and how it counts, because the guard has gone on since.
export function saySent(done) {
  const judged = done.answered.map(({ scan, answer }) => {
    const [tone, said] = EACH[kindOf(answer)];
    return { tone, text: words.each.replace("{name}", nameOf(answer)).replace("{time}", timeOf(scan.scanned_at)).replace("{said}", said) };
  });
  const refused = done.refused.map(({ scan, text }) => `${words.refusedKept.replace("{time}", timeOf(scan.scanned_at))}：${text}`);
  const tone = refused.length > 0 ? "bad" : judged.some((each) => each.tone === "warn") ? "warn" : "good";
  const headline = judged.length > 0 ? words.sent.replace("{n}", judged.length) : words.refused;
  say(tone, headline, "", [...refused, ...judged.map((each) => each.text)]);
}
