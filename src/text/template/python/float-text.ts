/** A float as Python's repr writes it: `2.0`, `1e+16`, `1e-05`, `inf`. */
export const floatText = (value: number): string => {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [mantissa = '', power = '0'] = value.toExponential().split('e')
  const exponent = Number(power)
  if (exponent < -4 || exponent >= 16) {
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  const text = plainDecimal(value)
  return text.includes('.') ? text : `${text}.0`
}

const plainDecimal = (value: number): string => {
  const text = String(value)
  if (!text.includes('e')) return text
  const digits = Math.max(0, (value.toExponential().split('e')[0] ?? '').replace(/[-.]/g, '').length - 1)
  return value.toFixed(Math.min(100, digits - Math.floor(Math.log10(Math.abs(value)))))
}
