import { greet, queue } from "../queue";

async function submit(form: FormData) {
  "use server";
  await queue.submit(greet, { name: String(form.get("name")) });
}

export default () => (
  <form action={submit}>
    <input name="name" />
    <button type="submit">Greet</button> <a href="/api/queue">Jobs</a>
  </form>
);
