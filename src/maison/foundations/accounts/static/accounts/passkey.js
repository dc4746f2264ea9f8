// Passkeys: a form with `data-maison-passkey="create"` or `"get"`, its options in the JSON block it names, its answer in
// its hidden field. The browser's own JSON forms are used (Chromium 129, Firefox 119, Safari 18.4).
for (const form of document.querySelectorAll("[data-maison-passkey]")) {
  const button = form.querySelector("[data-maison-passkey-ask]");
  const said = form.querySelector("[data-maison-passkey-said]");
  const known = typeof PublicKeyCredential !== "undefined" && "parseCreationOptionsFromJSON" in PublicKeyCredential;
  button.disabled = !known;
  if (!known) said.textContent = "Ce navigateur ne sait pas utiliser une clé d'accès. Prenez l'application de codes, ou mettez-le à jour.";
  button.addEventListener("click", async () => {
    const data = JSON.parse(document.getElementById(form.dataset.maisonOptions).textContent);
    const options = (data.creation_options ?? data.request_options).publicKey;
    said.textContent = "Suivez les indications de votre navigateur.";
    try {
      const credential = form.dataset.maisonPasskey === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      form.querySelector("[name=credential]").value = JSON.stringify(credential.toJSON());
      form.requestSubmit();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      said.textContent = error.name === "InvalidStateError"
        ? "Cette clé est déjà enregistrée sur votre compte."
        : "La clé n'a pas été utilisée. Recommencez, ou choisissez un autre moyen.";
    }
  });
}
