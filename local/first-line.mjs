// Printed before anything else is loaded, which takes seconds on a slow machine, so that npm start shows that it starts.
console.log("wakeq: starting …");
