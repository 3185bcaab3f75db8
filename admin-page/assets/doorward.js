// What makes Doorward's page nicer where there is JavaScript. Everything works without it, and it remembers nothing.
"use strict";

(() => {
  const all = (selector, run) => document.querySelectorAll(selector).forEach(run);

  // Fetches a page and takes one region of it. Nothing, if there is no such page for us any more.
  const region = async (address, options, id) => {
    const answer = await fetch(address, { credentials: "same-origin", redirect: "error", ...options });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.getElementById(id);
  };

  // Puts a new region in place of the one that is shown.
  const swap = (id, fresh) => {
    const shown = document.getElementById(id);
    if (shown && fresh && shown !== fresh && shown.innerHTML !== fresh.innerHTML) shown.replaceChildren(...fresh.childNodes);
  };

  // What was wrong is where the keyboard is.
  const wrong = document.querySelector(".wrong[tabindex]");
  if (wrong) wrong.focus();

  // Says what a policy would change while it is typed.
  all("form[data-live]", (form) => {
    let timer, running;
    const check = async (isJson) => {
      const checked = document.getElementById("checked");
      if (running) running.abort();
      const mine = (running = new AbortController());
      const body = new URLSearchParams(new FormData(form));
      body.set("do", isJson ? "check-json" : "check");
      if (checked) checked.setAttribute("aria-busy", "true");
      try {
        const fresh = await region(form.getAttribute("action"), { method: "POST", body, signal: mine.signal }, "checked");
        if (running === mine) swap("checked", fresh);
      } catch {
        // The next change asks again, and the buttons always work.
      }
      if (running === mine && checked) checked.removeAttribute("aria-busy");
    };
    form.addEventListener("input", (event) => {
      const isJson = event.target.id === "json";
      clearTimeout(timer);
      timer = setTimeout(() => check(isJson), 400);
    });
  });

  // Hides the rows of a table that do not have what is typed.
  all("input[data-filter]", (input) => {
    const table = document.getElementById(input.dataset.filter);
    if (!table) return;
    input.closest(".filter").hidden = false;
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      table.querySelectorAll("tbody tr").forEach((row) => {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
      });
    });
  });

  // Follows the audit trail: asks again for what the page shows, and stops when it may not.
  all("input[data-tail]", (box) => {
    const id = box.dataset.tail;
    const said = document.querySelector("[data-tail-said]");
    box.closest(".filter").hidden = false;
    let timer;
    const again = async () => {
      if (!box.checked) return;
      try {
        // A page that nobody looks at asks nothing.
        const fresh = document.hidden ? document.getElementById(id) : await region(location.href, {}, id);
        if (!fresh) throw new Error("no such region");
        // Whoever reads inside the table is not thrown out of it.
        const shown = document.getElementById(id);
        if (!shown.contains(document.activeElement) || document.activeElement.matches(".wide")) swap(id, fresh);
        timer = setTimeout(again, 3000);
      } catch {
        box.checked = false;
        if (said) said.textContent = "It is followed no more: load the page again.";
      }
    };
    box.addEventListener("change", () => {
      clearTimeout(timer);
      if (said) said.textContent = "";
      again();
    });
  });

  // Follows an import, until its home is there and the page leads to the login.
  all("[data-progress]", (shown) => {
    const again = async () => {
      try {
        const answer = await fetch(location.href, { credentials: "same-origin", redirect: "manual" });
        if (answer.type === "opaqueredirect") return location.replace(shown.dataset.progress);
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("progress");
        const goesOn = fresh && "progress" in fresh.dataset;
        swap("progress", fresh);
        if (fresh && !goesOn) return;
      } catch {
        // Between the two homes nobody may answer.
      }
      setTimeout(again, 500);
    };
    setTimeout(again, 500);
  });

  // Inside Home Assistant's frontend: whoever is logged in there is here too, by the same token.
  all("form[data-login]", async (form) => {
    if (form.querySelector("[name=carry], [name=flow]") || wrong) return;
    let token;
    try {
      token = JSON.parse(localStorage.getItem("hassTokens") || "{}").access_token;
    } catch {
      return;
    }
    if (!token) return;
    const body = new URLSearchParams({ access_token: token });
    const taken = await fetch("/doorward/session", { method: "POST", credentials: "same-origin", body });
    if (taken.status !== 204) return;
    // A browser that keeps no cookie here would only come back.
    const next = form.dataset.login || "/doorward";
    const there = await fetch(next, { credentials: "same-origin", redirect: "manual" });
    if (there.type !== "opaqueredirect") location.replace(next);
  });
})();
