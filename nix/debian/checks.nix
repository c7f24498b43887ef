# What each program must do to count as working. Package → commands of bash, with that package and coreutils in PATH.
{
  cc = ''
    echo 'int main(void) { return 7; }' > a.c
    cc -o a a.c && ! ./a
    printf '#include <iostream>\nint main() { std::cout << "from C++" << std::endl; throw 1; }\n' > b.cc
    c++ -o b b.cc
    output=$(./b 2> /dev/null) || :
    [ "$output" = "from C++" ]
  '';
  cmake = "cmake --help-module FindZLIB > help && [ -s help ]";
  curl = ''echo x > x && [ "$(curl -s "file://$PWD/x")" = x ]'';
  gawk = ''[ "$(gawk -M 'BEGIN { print 2 ^ 100 }')" = 1267650600228229401496703205376 ]'';
  gdb = ''[ "$(gdb -nx -batch -ex 'python print(6 * 7)')" = 42 ]'';
  git = ''
    git init -q repository && cd repository
    git -c user.name=a -c user.email=a@b commit -q --allow-empty -m first
    [ "$(git log --format=%s)" = first ]
  '';
  hello = ''[ "$(hello)" = "Hello, world!" ]'';
  jq = ''[ "$(jq -n '6 * 7')" = 42 ]'';
  openssh-client = "ssh-keygen -q -t ed25519 -N \"\" -f key && ssh-keygen -l -f key.pub";
  perl = ''[ "$(perl -MPOSIX -MMath::BigInt -MData::Dumper -e 'print Math::BigInt->new(2) ** 100')" = 1267650600228229401496703205376 ]'';
  python3 = ''
    [ "$(python3 -c 'import bz2, ctypes, decimal, json, lzma, sqlite3, ssl, sys, zlib; print(sys.prefix)')" != /usr ]
  '';
  rsync = ''mkdir a && echo x > a/x && rsync -a a/ b && [ "$(< b/x)" = x ]'';
  sqlite3 = ''[ "$(sqlite3 :memory: 'select 6 * 7')" = 42 ]'';
  strace = "strace -V > version";
  vim = ''vim.basic -es -u NONE -c 'call writefile([string(6 * 7)], "answer")' -c q; [ "$(< answer)" = 42 ]'';
}
