/** A URL as it may be printed: without its password. */
export function shownUrl(text: string): string {
  if (!URL.canParse(text)) return "a URL that cannot be read";
  const url = new URL(text);
  if (url.password !== "") url.password = "***";
  return url.href;
}
