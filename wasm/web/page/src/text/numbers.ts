const units = "KMGTPE";

/** A size as the command line prints it: 839 B, 5.6 KiB. */
export function bytes(n: number): string {
  if (n < 1024) {
    return `${Math.round(n)} B`;
  }
  let size = n;
  let unit = -1;
  while (size >= 1023.95 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size.toFixed(1)} ${units[unit]}iB`;
}

/** A number with its thousands apart. */
export function count(n: number): string {
  return n.toLocaleString("en-US");
}

/** A count of things. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return n === 1 ? `1 ${one}` : `${count(n)} ${many}`;
}

/** A part of a whole as a percentage; "0 %" of nothing. */
export function percent(part: number, whole: number): string {
  if (whole <= 0) {
    return "0 %";
  }
  const share = (100 * part) / whole;
  return share > 0 && share < 1 ? "< 1 %" : `${Math.round(share)} %`;
}

/** A duration in seconds, in the unit in which a person would say it. */
export function seconds(s: number): string {
  if (s < 0.001) {
    return `${(s * 1e6).toFixed(0)} µs`;
  }
  if (s < 1) {
    return `${(s * 1e3).toFixed(s < 0.01 ? 1 : 0)} ms`;
  }
  if (s < 90) {
    return `${s.toFixed(s < 10 ? 1 : 0)} s`;
  }
  return s < 5400 ? `${(s / 60).toFixed(0)} min` : `${(s / 3600).toFixed(1)} h`;
}
