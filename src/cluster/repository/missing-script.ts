/**
 * sh that reads names of segments and history files from standard input and prints those that the archive does not have
 * with a byte in it, under whatever ending. Uses `folder`.
 */
export const MISSING_SCRIPT = `while IFS= read -r name; do
  case $name in
    *[!0-9A-Za-z.]*) printf '%s\\n' "$name"; continue ;;
    *.history) file=$folder/wal/$name ;;
    *) file=$folder/wal/\${name%"\${name#????????}"}/$name ;;
  esac
  [ -s "$file" ] || [ -s "$file.zst" ] || [ -s "$file.lz4" ] || [ -s "$file.gz" ] || printf '%s\\n' "$name"
done
`
