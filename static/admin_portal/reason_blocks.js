// Puts a building block where the cursor stands, and offers only those that fit what is chosen. Without it, the button
// sends the form and the block comes below what was typed.
"use strict";

const box = document.querySelector("[data-blocks]");
const form = box?.closest("form");
const reason = form?.querySelector("textarea[name=reason]");

function chosen(name) {
  return form.querySelector(`input[name=${name}]:checked`)?.value ?? "";
}

function fits(codes, value) {
  return !codes || !value || codes.split(" ").includes(value);
}

function offer() {
  const [outcome, ground] = [chosen("outcome"), chosen("ground")];
  const select = box.querySelector("select");
  for (const option of select.options) {
    option.hidden = option.disabled = !fits(option.dataset.outcomes, outcome) || !fits(option.dataset.grounds, ground);
  }
  if (select.selectedOptions[0]?.disabled) {
    select.value = "";
  }
}

async function insert(event) {
  if (!form.elements.block.value) {
    return; // the server says what is missing
  }
  event.preventDefault();
  try {
    const answer = await fetch(box.dataset.address, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Requested-With": "fetch" },
    });
    if (!answer.ok || answer.redirected) {
      throw new Error(answer.statusText);
    }
    const text = await answer.text();
    reason.focus();
    reason.setRangeText(text, reason.selectionStart, reason.selectionEnd, "end");
  } catch {
    form.action = box.dataset.address;
    form.noValidate = true;
    form.submit();
  }
}

if (reason) {
  // Before the cursor was ever set, a block comes after what is there.
  reason.setSelectionRange(reason.value.length, reason.value.length);
  form.addEventListener("change", offer);
  box.querySelector("button").addEventListener("click", insert);
  offer();
}
