/**
 * awk program that reads the lines of pg_waldump and keeps what a restore has to know, so that a line a record never
 * leaves the host. Prints, a line each: `last LSN` and `records N` for what was read, `commit LSN XID TIME` for the
 * latest commit, `point LSN NAME` for every restore point, `space LSN OID PATH` for every tablespace created, `copy
 * LSN TEMPLATE DATABASE` for every database made by copying files, by their OIDs, `need NAME=VALUE …` for settings that
 * the primary changed, `image METHOD` for every method by which pages are compressed (only with the details of blocks),
 * and of what is sought `early …` before the end of the backup and `found …` for the first one behind it, as
 * `LSN KIND XID TIME`. SEEK_KIND, SEEK_VALUE, SEEK_INCLUSIVE and SEEK_FROM come from the environment, for awk would
 * resolve backslashes in assignments.
 */
export const READING_PROGRAM = `
function sortable(lsn,  half) {
  split(lsn, half, "/")
  return substr("00000000" half[1], length(half[1]) + 1) "/" substr("00000000" half[2], length(half[2]) + 1)
}
function lsn_of(line,  rest) {
  rest = substr(line, index(line, ", lsn: ") + 7)
  return substr(rest, 1, index(rest, ",") - 1)
}
function hit(lsn, what) {
  if (sortable(lsn) >= from) { if (found == "") found = lsn " " what }
  else early = lsn " " what
}
BEGIN {
  kind = ENVIRON["SEEK_KIND"]; value = ENVIRON["SEEK_VALUE"]
  inclusive = ENVIRON["SEEK_INCLUSIVE"]; from = ENVIRON["SEEK_FROM"]
}
/ compression saved: .* method: / { method = $0; sub(/.* method: /, "", method); images[method] = 1 }
!/^rmgr: / { next }
{ last = $0; records++ }
kind == "lsn" && found == "" { lsn = lsn_of($0); if (sortable(lsn) >= value) hit(lsn, "record 0 -") }
/^rmgr: Transaction/ {
  lsn = lsn_of($0)
  desc = substr($0, index($0, ", desc: ") + 8)
  if (desc !~ /^(COMMIT|ABORT)/) next
  count = split(desc, word, " ")
  if (word[1] ~ /_PREPARED$/) { xid = word[2] + 0; time = word[3] " " word[4] }
  else { xid = substr($0, index($0, " tx: ") + 5) + 0; time = word[2] " " word[3] }
  type = word[1] ~ /^COMMIT/ ? "commit" : "abort"
  if (type == "commit" && time > commit_time) { commit_time = time; commit = lsn " " xid " " time }
  if (kind == "xid" && xid == value + 0) hit(lsn, type " " xid " " time)
  if (kind == "time" && (time > value || (inclusive == "off" && time == value))) hit(lsn, type " " xid " " time)
  next
}
/^rmgr: XLOG .* desc: RESTORE_POINT / {
  lsn = lsn_of($0)
  name = substr($0, index($0, ", desc: RESTORE_POINT ") + 22)
  print "point " lsn " " name
  if (kind == "name" && name == value) hit(lsn, "point 0 -")
  next
}
/^rmgr: XLOG .* desc: PARAMETER_CHANGE / {
  print "need " substr($0, index($0, ", desc: PARAMETER_CHANGE ") + 25)
  next
}
/^rmgr: Tablespace .* desc: CREATE / {
  desc = substr($0, index($0, ", desc: CREATE ") + 15)
  space = index(desc, " ")
  path = substr(desc, space + 1)
  print "space " lsn_of($0) " " substr(desc, 1, space - 1) " " substr(path, 2, length(path) - 2)
}
/^rmgr: Database .* desc: CREATE.* copy dir / {
  # Of both the tablespace stands before the slash.
  split(substr($0, index($0, " copy dir ") + 10), word, "[ /]")
  print "copy " lsn_of($0) " " word[2] " " word[5]
}
END {
  if (records) print "last " lsn_of(last)
  print "records " records + 0
  for (method in images) print "image " method
  if (commit != "") print "commit " commit
  if (early != "") print "early " early
  if (found != "") print "found " found
}
`
