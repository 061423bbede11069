// The control room's behaviours, one module each.
import { keepWhatTheReaderHolds } from "./control-room-keep.js";
import { listen } from "./control-room-link.js";
import { obeyKeys } from "./control-room-keys.js";
import { runClocks } from "./control-room-clock.js";
import { filterRows } from "./control-room-filter.js";

keepWhatTheReaderHolds();
listen();
obeyKeys();
runClocks();
filterRows();

document.addEventListener("change", (event) => {
  if (event.target.id === "site") location.assign(`/control-room?site=${encodeURIComponent(event.target.value)}`);
});
