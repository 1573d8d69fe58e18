// What a page of another origin does to a port of this machine.

/** Each way that a script, an image or a beacon has. Resolves with what the page got. */
globalThis.attack = async ({ url, body }) => {
  const tried = (init) =>
    fetch(url, init).then(
      ({ type, status }) => (type === "opaque" ? "nothing" : `read ${status}`),
      () => "nothing",
    );
  const plain = { method: "POST", body, headers: { "content-type": "text/plain" } };
  const json = { ...plain, headers: { "content-type": "application/json" } };
  navigator.sendBeacon(url, body);
  return {
    preflighted: await tried({ ...json, credentials: "include" }),
    simple: await tried({ ...plain, credentials: "include" }),
    opaque: await tried({ ...plain, mode: "no-cors" }),
    get: await tried({ mode: "no-cors" }),
    image: await new Promise((resolve) => {
      const image = new Image();
      image.onload = () => resolve("shown");
      image.onerror = () => resolve("nothing");
      image.src = url;
    }),
  };
};

/** Posts a form whose one field reads as JSON, into a frame. Resolves when the answer is there. */
globalThis.postForm = ({ url, body, enctype }) => {
  const frame = Object.assign(document.createElement("iframe"), { name: crypto.randomUUID?.() ?? `f${Math.random()}` });
  const form = Object.assign(document.createElement("form"), { method: "POST", action: url, enctype });
  const [name, value] = [`${body.slice(0, -1)},"idle":"`, '"}'];
  form.append(Object.assign(document.createElement("input"), { name, value }));
  form.target = frame.name;
  document.body.append(frame, form);
  return new Promise((resolve) => {
    frame.onload = () => resolve("answered");
    form.submit();
  });
};
