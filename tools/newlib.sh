#!/bin/sh
# newlib.sh builds newlib for one target from Debian's newlib-source, once.
#
#   tools/newlib.sh TARGET CROSS OUT CFLAGS [CONFIGURE-ARGUMENT...]
#
# CROSS is the prefix of the tools (empty for the host's gcc). OUT gets
# include/, lib/, first/ and two files of options, gcc.rsp and fixed.rsp, for
# the order of headers that works:
#   first/      newlib's stdint.h: gcc's for arm is one without a library and
#               leaves inttypes.h without PRIu64
#   gcc.rsp     gcc's own headers: newlib's stdatomic.h does not compile
#   include/    newlib's
#   fixed.rsp   gcc's limits.h and the like; empty for the host's gcc, whose
#               are made for the host's libc
# OUT/.done is written last, so a build that was interrupted is not taken for a
# finished one. The caller names OUT after the flags: other flags, other
# directory, nothing is ever stale.
#
# CFLAGS are added to -O2 and -D__DYNAMIC_REENT__, which programs must be
# compiled with too: without it libc never asks for the goroutine's own struct
# _reent.
set -eu

target=$1 cross=$2 out=$3 cflags=$4
shift 4

mkdir -p "$(dirname "$out")"
exec 9>"$out.lock"
flock 9
[ -e "$out/.done" ] && exit 0

tarball=
for f in /usr/src/newlib/newlib-*.tar.xz; do
	[ -e "$f" ] && tarball=$f
done
if [ -z "$tarball" ]; then
	echo "newlib.sh: no /usr/src/newlib/newlib-*.tar.xz;" \
	     "install the package newlib-source" >&2
	exit 1
fi
if ! command -v "${cross}gcc" >/dev/null; then
	echo "newlib.sh: no ${cross}gcc; run make setup" >&2
	exit 1
fi

jobs=$(nproc 2>/dev/null || echo 2)
start=$(date +%s)
echo "newlib for $target: about 30 s on two cores ..."

work=$out.tmp log=$out.log
rm -rf "$work" "$out"
mkdir -p "$work/obj" "$work/prefix" "$work/src"
work=$(cd "$work" && pwd)

# The whole environment of make is dropped: its flags and our variables (V,
# ARCH, DEBUG, CFLAGS) are not newlib's.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS V ARCH BOARD CONFIG
unset DEBUG ARGS APP APPS CC CFLAGS CPPFLAGS LDFLAGS CROSS BUILD HARTS ONLY

build()
{
	set -e
	tar -xf "$tarball" -C "$work/src" --strip-components=1
	cd "$work/obj"
	for t in ar as ld nm ranlib objcopy objdump strip readelf; do
		u=$(echo $t | tr a-z A-Z)_FOR_TARGET
		export "$u=$cross$t"
	done
	export CC_FOR_TARGET="${cross}gcc"
	../src/configure --target="$target" --prefix="$work/prefix" \
		--disable-multilib --disable-libgloss --disable-nls \
		--disable-newlib-supplied-syscalls \
		--enable-newlib-retargetable-locking \
		--enable-newlib-reent-small \
		--enable-newlib-global-stdio-streams \
		--enable-newlib-io-c99-formats \
		--enable-newlib-io-long-long \
		--enable-newlib-multithread \
		MAKEINFO=true CC_FOR_TARGET="${cross}gcc" \
		AR_FOR_TARGET="${cross}ar" AS_FOR_TARGET="${cross}as" \
		LD_FOR_TARGET="${cross}ld" NM_FOR_TARGET="${cross}nm" \
		RANLIB_FOR_TARGET="${cross}ranlib" \
		OBJCOPY_FOR_TARGET="${cross}objcopy" \
		OBJDUMP_FOR_TARGET="${cross}objdump" \
		STRIP_FOR_TARGET="${cross}strip" \
		READELF_FOR_TARGET="${cross}readelf" \
		CFLAGS_FOR_TARGET="-O2 -D__DYNAMIC_REENT__ -ffunction-sections \
			-fdata-sections $cflags" "$@"
	make -j"$jobs" MAKEINFO=true all-target-newlib
	make MAKEINFO=true install-target-newlib
}

# In a subshell of its own, for `set -e` is off inside a condition.
set +e
(build "$@") >"$log" 2>&1 </dev/null
rc=$?
set -e
if [ $rc -ne 0 ] || [ ! -e "$work/prefix/$target/lib/libc.a" ]; then
	tail -n 20 "$log" >&2
	echo "newlib.sh: newlib for $target failed, see $log" >&2
	exit 1
fi

mkdir -p "$out"
mv "$work/prefix/$target/include" "$work/prefix/$target/lib" "$out/"
mkdir "$out/first"
cp "$out/include/stdint.h" "$out/first/"
echo "-isystem $("${cross}gcc" -print-file-name=include)" >"$out/gcc.rsp"
: >"$out/fixed.rsp"
[ -z "$cross" ] ||
	echo "-isystem $("${cross}gcc" -print-file-name=include-fixed)" \
		>"$out/fixed.rsp"
touch "$out/.done"
rm -rf "$work"
echo "newlib for $target: done in $(($(date +%s) - start)) s"
