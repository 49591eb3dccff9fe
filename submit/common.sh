# Functions that launch and bench share, to be sourced. Expects the variable home.
# shellcheck shell=bash
# shellcheck disable=SC2154

die() {
  echo "eqprop: $*" >&2
  exit 2
}

# Java splits class paths at colons, and has no way to escape one.
case $home in
  *:* | *$'\n'*) die "the path of this folder contains a colon or a line break, which a Java class path cannot contain: move the folder: $home" ;;
esac

# Prints the Java to run: find_java VERSION..., where any of the versions will do.
find_java() {
  local expected="JDK $1" wanted java=java
  for wanted in "${@:2}"; do expected+=" or $wanted"; done
  [ -z "${JAVA_HOME:-}" ] || java=$JAVA_HOME/bin/java
  command -v "$java" >/dev/null || die "no java found${JAVA_HOME:+ in JAVA_HOME=$JAVA_HOME}: expected $expected in JAVA_HOME or, if that is not set, on PATH"
  local version
  version=$("$java" -version 2>&1 | grep -m 1 ' version "') || version="of unknown version"
  for wanted in "$@"; do
    case $version in
      *"\"$wanted."* | *"\"$wanted\""*)
        echo "$java"
        return ;;
    esac
  done
  die "$java is $version: expected $expected${spark:+ for Spark $spark}; set JAVA_HOME"
}

is_utf8() {
  case $1 in
    *[Uu][Tt][Ff]8* | *[Uu][Tt][Ff]-8*) ;;
    *) return 1 ;;
  esac
}

# Java decodes arguments, the environment, the working folder and file names by the locale. cron, ssh and containers often
# have no locale, which means ASCII: names with other characters would change. So every process gets a UTF-8 locale.
use_utf8() {
  local name
  if ! command -v locale >/dev/null; then
    is_utf8 "${LC_ALL:-${LC_CTYPE:-${LANG:-}}}" || export LC_ALL=C.UTF-8
    return
  fi
  if is_utf8 "$(locale charmap 2>/dev/null)"; then return; fi
  for name in C.UTF-8 en_US.UTF-8 $(locale -a 2>/dev/null | grep -i 'utf-\{0,1\}8$'); do
    if is_utf8 "$(env LC_ALL="$name" locale charmap 2>/dev/null)"; then
      export LC_ALL=$name
      return
    fi
  done
  case $PWD$home$* in
    *[![:ascii:]]*) die "there is no UTF-8 locale on this machine (locale -a), so names with non-ASCII characters cannot be used: install one, such as C.UTF-8" ;;
  esac
}

# Runs a command while no other build writes to target/. The kernel releases flock's lock when its holder ends. If there is
# no flock, as on macOS, the lock is a symbolic link to the process number of its holder.
locked() {
  local lock=$home/target/.build-lock waiting="eqprop: waiting for another build of this checkout to end …"
  { mkdir -p "$home/target" && [ -w "$home/target" ]; } 2>/dev/null ||
    die "$home/target: cannot be written, so nothing can be built there"
  if command -v flock >/dev/null; then
    exec 9>"$lock"
    flock -n 9 || {
      echo "$waiting" >&2
      flock 9
    }
    "$@" 9>&-
    exec 9>&-
    return
  fi
  lock=$lock.pid
  until ln -s $$ "$lock" 2>/dev/null; do
    [ -z "$waiting" ] || echo "$waiting (its lock: $lock)" >&2
    waiting=
    local holder
    holder=$(readlink "$lock") || continue
    # Of all processes that see a dead holder, only one removes the lock, and only if it still belongs to that holder.
    if ! kill -0 "$holder" 2>/dev/null && mkdir "$lock.stale" 2>/dev/null; then
      [ "$(readlink "$lock")" != "$holder" ] || rm -f "$lock"
      rmdir "$lock.stale"
    fi
    sleep 0.2
  done
  trap 'rm -f "$home/target/.build-lock.pid"' EXIT
  "$@"
  rm -f "$lock"
  trap - EXIT
}

# Runs Maven: build LOG OPTION... GOAL...
build() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  command -v mvn >/dev/null || die "mvn not found, which the build needs: expected Maven 3.8.1 or later on PATH"
  (cd "$home" && mvn -B -ntp -q "$@" >"$log" 2>&1) || {
    tail -n 20 "$log" >&2
    die "the build failed; its full output is in $log"
  }
}
