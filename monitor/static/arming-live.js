// What is armed and what is open keeps itself new; what somebody is typing stays.
import { keepWhatTheReaderHolds } from "./control-room-keep.js";
import { ask, listen } from "./control-room-link.js";
import { runClocks } from "./control-room-clock.js";

const LOOK_MS = 3_000; // what opens or closes is no news of its own

keepWhatTheReaderHolds();
listen();
runClocks();
window.setInterval(() => {
  if (!document.hidden) ask();
}, LOOK_MS);
