const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'] as const;

/** A number of bytes in four digits and decimal units, as Docker and `oc describe` write it: "45.12MB", "1kB". */
export function humanSize(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${fourDigits(size)}${units[unit] ?? ''}`;
}

/** C's %.4g of a number below 1000. */
function fourDigits(size: number): string {
  const decimals = size >= 100 ? 1 : size >= 10 ? 2 : 3;
  const scale = 10 ** decimals;
  const below = Math.floor(size * scale);
  // Halves round to the even digit; toPrecision rounds them up. Only what binary digits can hold is a half.
  const isHalf = size * scale - below === 0.5 && Number.isInteger(size * 2 ** (decimals + 1));
  return String(isHalf && below % 2 === 0 ? below / scale : Number(size.toPrecision(4)));
}
