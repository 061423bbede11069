// What the guard hears without looking: two notes up, let through; one low and long, not; three alike, you decide.

const place = document.getElementById("verdict");
const mute = document.getElementById("mute");
const KEPT = "gate-muted";

// [Hz, begins after seconds, lasts seconds]
const TONES = {
  granted: [[660, 0, 0.12], [990, 0.13, 0.2]],
  denied: [[196, 0, 0.55]],
  refer: [[520, 0, 0.1], [520, 0.18, 0.1], [520, 0.36, 0.1]],
};
const LOUDNESS = 0.35;
let audio = null;

tell();
mute.addEventListener("click", () => {
  localStorage.setItem(KEPT, isMuted() ? "no" : "yes");
  tell();
});

document.body.addEventListener("gate:told", () => {
  const told = place.querySelector("[data-verdict]")?.dataset.verdict ?? "refer";
  if (!isMuted()) play(TONES[told]);
});

function play(notes) {
  audio ??= new AudioContext();
  audio.resume();
  for (const [pitch, after, lasts] of notes) {
    const begins = audio.currentTime + after;
    const note = audio.createOscillator();
    const loudness = audio.createGain();
    note.frequency.value = pitch;
    loudness.gain.setValueAtTime(LOUDNESS, begins);
    loudness.gain.exponentialRampToValueAtTime(0.001, begins + lasts);
    note.connect(loudness).connect(audio.destination);
    note.start(begins);
    note.stop(begins + lasts);
  }
}

function isMuted() {
  return localStorage.getItem(KEPT) === "yes";
}

function tell() {
  mute.setAttribute("aria-pressed", String(isMuted()));
  mute.querySelector('[data-when="on"]').hidden = isMuted();
  mute.querySelector('[data-when="off"]').hidden = !isMuted();
}
