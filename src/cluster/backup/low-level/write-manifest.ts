/**
 * sh function `write_manifest SYSTEM_IDENTIFIER TIMELINE START STOP`: reads `$w/stored`, a line a file with size,
 * modification time, digest and path, and writes `backup_manifest` into the current folder in PostgreSQL's own format
 * (manual: Backup Manifest Format): version 2, with the system identifier, where `$major` is 17 or more, else 1. Names
 * that JSON could not carry as they are go in as Encoded-Path.
 */
export const WRITE_MANIFEST = `
write_manifest() {
  awk -v version="$([ "$major" -ge 17 ] && echo 2 || echo 1)" -v identifier="$1" -v timeline="$2" -v start="$3" -v stop="$4" '
    function moment(time,  days, era, day, year, month) {
      days = int(time / 86400) + 719468
      era = int(days / 146097); days -= era * 146097
      year = int((days - int(days / 1460) + int(days / 36524) - int(days / 146096)) / 365)
      day = days - (365 * year + int(year / 4) - int(year / 100))
      month = int((5 * day + 2) / 153)
      day -= int((153 * month + 2) / 5) - 1
      month += month < 10 ? 3 : -9
      return sprintf("%04d-%02d-%02d %02d:%02d:%02d GMT", year + era * 400 + (month <= 2), month, day, \\
        int(time % 86400 / 3600), int(time % 3600 / 60), time % 60)
    }
    function name(path,  at, hex) {
      if (path ~ /^[A-Za-z0-9_.\\/,:=@%+ -]*$/) return "\\"Path\\": \\"" path "\\""
      for (at = 1; at <= length(path); at++) hex = hex sprintf("%02x", code[substr(path, at, 1)])
      return "\\"Encoded-Path\\": \\"" hex "\\""
    }
    BEGIN {
      for (byte = 1; byte < 256; byte++) code[sprintf("%c", byte)] = byte
      printf "{ \\"PostgreSQL-Backup-Manifest-Version\\": %d,\\n", version
      if (version == 2) printf "\\"System-Identifier\\": %s,\\n", identifier
      printf "\\"Files\\": ["
    }
    {
      path = substr($0, length($1) + length($2) + length($3) + 4)
      printf "%s\\n{ %s, \\"Size\\": %s, \\"Last-Modified\\": \\"%s\\", \\"Checksum-Algorithm\\": \\"SHA256\\", \\"Checksum\\": \\"%s\\" }", \\
        (NR > 1 ? "," : ""), name(path), $1, moment($2), $3
    }
    END {
      printf "\\n],\\n\\"WAL-Ranges\\": [\\n{ \\"Timeline\\": %s, \\"Start-LSN\\": \\"%s\\", \\"End-LSN\\": \\"%s\\" }\\n],\\n", timeline, start, stop
    }
  ' "$w/stored" > "$w/manifest" &&
    { cat "$w/manifest" && printf '"Manifest-Checksum": "%s"}\\n' "$(sha256sum < "$w/manifest" | cut -c 1-64)"; } > backup_manifest
}
`
