// Before anything else is loaded, which takes seconds on a slow machine: npm start shows that it starts.
console.log("wakeq: starting …");
