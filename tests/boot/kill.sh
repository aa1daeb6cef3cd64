# Sourced by every script of bash on a server (BASH_ENV): writes down each line that is about to run, or has everything
# killed before one of them does.
case ${0##*/} in
  user-data | unpack.sh | boot.sh | report.sh | secrets.sh | stage.sh)
    set -T
    if [[ -n ${KILL_AT:-} ]]; then
      trap '[[ ${0##*/}:$LINENO != "$KILL_AT" ]] || kill -9 0' DEBUG
    elif [[ -n ${TRACE:-} ]]; then
      trap 'echo "${0##*/}:$LINENO" >>"$TRACE"' DEBUG
    fi
    ;;
esac
