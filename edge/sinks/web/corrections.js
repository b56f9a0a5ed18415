// Correction of the frame in view: it is frozen on the server, and saved with the class that is pressed.

const part = (id) => document.getElementById(id);
const MANY = 12; // classes beyond which they can be searched

let labels = [];
let frozen = null; // { frame, label, likely }

async function change(path, parameters = {}) {
  try {
    const response = await fetch(`${path}?${new URLSearchParams(parameters)}`, { method: "POST" });
    const isJson = (response.headers.get("content-type") ?? "").startsWith("application/json");
    const body = isJson ? await response.json() : { error: await response.text() };
    if (response.ok) return body;
    tell(body.error, true);
  } catch {
    tell("No connection to edge-classify: nothing is saved", true);
  }
  return null;
}

function tell(text, isBad = false) {
  part("corrected").textContent = text;
  part("corrected").dataset.kind = isBad ? "bad" : "";
}

async function open() {
  frozen = await change("corrections/freeze");
  if (frozen === null) return;
  part("frozen").src = `corrections/picture.jpg?frame=${frozen.frame}`;
  part("answered").textContent = `The answer was ${frozen.label}.`;
  part("filter").value = "";
  showLabels();
  part("correction").showModal();
}

function showLabels() {
  const wanted = part("filter").value.trim().toLowerCase();
  const likely = frozen.likely.filter((label) => labels.includes(label));
  const rest = labels.filter((label) => !likely.includes(label));
  const found = [...likely, ...rest].filter((label) => label.toLowerCase().includes(wanted));
  part("labels").replaceChildren(...found.slice(0, 100).map((label) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", () => save(label));
    return button;
  }));
}

async function save(label) {
  const frame = frozen.frame;
  part("correction").close();
  const saved = await change("corrections/save", { frame, label });
  if (saved === null) return;
  tell(`Saved as ${saved.saved}.`);
  part("undo-correction").hidden = false;
}

async function undo() {
  const undone = await change("corrections/undo");
  if (undone === null) return;
  tell("The correction is deleted.");
  part("undo-correction").hidden = undone.left === 0;
}

export function offerCorrections(offered) {
  labels = offered ?? [];
  part("correct").hidden = labels.length === 0;
  part("filter").hidden = labels.length <= MANY;
}

part("correct").addEventListener("click", open);
part("undo-correction").addEventListener("click", undo);
part("cancel").addEventListener("click", () => part("correction").close());
part("filter").addEventListener("input", showLabels);
