// Server-sent events of a run or a session, and the seconds without them.

const LATE_MS = 2500; // without an event for so long, what is shown is old; events come at least twice a second
const LOOK_MS = 1000;
const LOOKS = 3; // from one attempt to connect again to the next

// `initial` and `update` get an event's data; `lost` gets the time of the last one, again and again until one comes.
export function listen({ initial, update, lost }) {
  let source = null;
  let last = performance.now();
  let looks = 0;

  function take(name, show) {
    source.addEventListener(name, (event) => {
      last = performance.now();
      looks = 0;
      show(JSON.parse(event.data));
    });
  }

  function connect() {
    source = new EventSource("messages");
    take("initial", initial);
    take("update", update);
  }

  connect();
  setInterval(() => {
    const silent = performance.now() - last;
    if (silent <= LATE_MS) return;
    lost(new Date(Date.now() - silent));
    looks += 1;
    // The browser connects again by itself, but not after an answer such as a proxy's 502.
    if (source.readyState === EventSource.CLOSED && looks % LOOKS === 0) connect();
  }, LOOK_MS);
}
