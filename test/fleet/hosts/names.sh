# Sourced: what belongs to a host of a fleet outside its directory, named by the numbers of the two.
number=$1
index=$2
bridge=lbf$number
link=lbf${number}h$index
namespace=lifeboat-$number-$index
cgroup=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/lifeboat-$number-$index
