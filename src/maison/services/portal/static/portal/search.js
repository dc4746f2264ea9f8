// Arrows go from the field to the results and back; Enter on the field opens the form as usual.
document.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const field = document.getElementById("q");
  const links = [...document.querySelectorAll("[data-portal-results] li > a")];
  const here = links.indexOf(document.activeElement);
  if (here < 0 && document.activeElement !== field) return;
  const next = here + (event.key === "ArrowDown" ? 1 : -1);
  const target = next < 0 ? field : links[next];
  if (!target) return;
  event.preventDefault();
  target.focus();
});
