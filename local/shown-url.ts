/** Returns a URL without its password, so that it may be printed. */
export function shownUrl(text: string): string {
  if (!URL.canParse(text)) return "a URL that cannot be read";
  const url = new URL(text);
  if (url.password !== "") url.password = "***";
  return url.href;
}
