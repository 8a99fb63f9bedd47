//! Redirections, quotes, here-documents, compound commands.

use super::check;

#[test]
fn redirections_name_files() {
    check(&[
        ("echo a > f", "create f"),
        ("echo a >f", "create f"),
        ("> f", "create f"),
        (": >| f", "create f"),
        ("echo a >> log.txt", "append log.txt"),
        ("cargo test &> out.log", "create out.log; …"),
        ("cargo test &>> out.log", "append out.log; …"),
        ("ls 2> err", "create err"),
        ("ls > out 2>&1", "create out"),
        ("ls >& both", "create both"),
        ("ls 1>a 2>b", "create a; create b"),
        ("exec 3<> f", "edit f"),
        ("exec {fd}> f", "create f"),
        ("ls > /dev/null 2>&1", ""),
        ("ls 2>/dev/stderr >&2", ""),
        ("echo x >&-", ""),
        ("wc < in", ""),
        ("wc <<< 'a > b'", ""),
        ("> a cat b", "create a"),
        ("echo 2 > f2", "create f2"),
        ("echo a>b", "create b"),
        ("echo a2>b", "create b"),
        ("echo hi > 'a b' ", "create a b"),
        ("ls > a > b", "create a; create b"),
        ("echo x > /abs/f", "create /abs/f"),
        ("diff <(ls a) <(ls b) > d", "create d"),
        ("ls | tee >(cat > copy)", "create copy"),
        ("ls > >(tee f)", "create f"),
        ("ls > $(echo f)", "…"),
    ]);
}

#[test]
fn text_is_not_a_command() {
    check(&[
        ("echo 'a > b'", ""),
        ("echo \"a > b; rm c\"", ""),
        ("echo a \\> b", ""),
        ("ls # > f", ""),
        ("ls #; rm f", ""),
        ("echo a#b > c", "create c"),
        ("grep -E 'x|rm y > z' f", ""),
        ("echo \"it's\" > f", "create f"),
        ("echo $'a\\'b > c' > d", "create d"),
        ("[[ a > b ]] && ls", ""),
        ("[[ a =~ ^(x|y)$ && b < c ]]; ls > d", "create d"),
        ("(( a > b )) && ls", ""),
        ("echo $(( 1 > 2 ))", ""),
        ("echo ${x:-> f}", ""),
        ("echo \"${x:-it's}\" > f", "create f"),
        ("rm() { ls; }; rm f", "…"),
        ("git commit -m 'use > and rm x' a.rs", "git commit [a.rs]"),
        ("echo rm f", ""),
        ("a=(x y > z)", "…"),
    ]);
}

#[test]
fn here_documents_are_text() {
    check(&[
        ("cat > f <<'EOF'\nrm x > y\nEOF", "create f"),
        ("cat > f <<EOF\nrm x > y\n$HOME\nEOF\nrm z", "create f; remove z"),
        (
            "cat <<EOF > f\nit's \"quoted\n$(ls > inner)\nEOF",
            "create inner; create f",
        ),
        ("cat <<'EOF' > f\n$(ls > inner)\nEOF", "create f"),
        ("cat <<-EOF > f\n\ta\n\tEOF\nls > g", "create f; create g"),
        ("cat <<A <<B > f\nrm x\nA\nrm y\nB\nrm z", "create f; remove z"),
        ("cat > f <<EOF\nno end", "create f"),
        ("cat <<EOF | tee f\nrm x\nEOF", "create f"),
        (
            "git commit -m \"$(cat <<'EOF'\nadd a > b\n\nit's (done\nEOF\n)\" a.rs",
            "git commit [a.rs]",
        ),
        ("if true; then cat > f <<EOF\nfi\nEOF\nfi", "create f"),
        ("cat > f <<\"E F\"\nrm x\nE F\nrm y", "create f; remove y"),
        ("cat <<EOF >> f && rm g\nx\nEOF", "append f; remove g"),
    ]);
}

#[test]
fn paths_are_read_as_the_shell_reads_them() {
    check(&[
        ("rm \"a b\"'c'\\ d", "remove a bc d"),
        ("rm ./x", "remove ./x"),
        ("rm \"$PWD\"/x", "remove ./x"),
        ("rm ${PWD}/x $(pwd)/y", "remove ./x; remove ./y"),
        ("rm $PWDX/x", "…"),
        ("rm a$PWD", "…"),
        ("rm $HOME/x", "…"),
        ("rm ~/x", "…"),
        ("rm x~", "remove x~"),
        ("rm '$HOME'", "remove $HOME"),
        ("rm $f a", "remove a; …"),
        ("rm \"$(cat list)\"", "…"),
        ("rm `cat list`", "…"),
        ("rm *.rs", "remove glob:*.rs"),
        ("rm '*.rs'", "remove *.rs"),
        ("rm a?[0-9]'*'", "remove glob:a?[0-9]\\*"),
        ("rm a[", "remove a["),
        ("rm {a,b}.rs", "remove a.rs; remove b.rs"),
        ("rm x{a,b{c,d}}y", "remove xay; remove xbcy; remove xbdy"),
        ("rm f{1..3}", "remove f1; remove f2; remove f3"),
        ("rm f{a..c}", "remove fa; remove fb; remove fc"),
        ("rm {a} {,x}b", "remove {a}; remove b; remove xb"),
        ("rm '{a,b}'", "remove {a,b}"),
        ("rm f{1..9999}", "…"),
        ("rm -- -f", "remove -f"),
        ("rm $'a\\tb'", "remove a\tb"),
        ("rm \"\"", ""),
        ("rm 'ä ö'\\ü", "remove ä öü"),
        ("rm a\\\nb", "remove ab"),
        ("rm a \\\n  b", "remove a; remove b"),
        ("rm !(keep)", "…"),
    ]);
}

#[test]
fn every_command_of_a_script_counts() {
    check(&[
        (
            "rm a && rm b || rm c; rm d & rm e",
            "remove a; remove b; remove c; remove d; remove e",
        ),
        ("cat x | sort | tee y | wc", "create y"),
        ("cat x |& tee y", "create y"),
        ("rm a\nrm b\n\nrm c", "remove a; remove b; remove c"),
        (
            "if grep x f; then rm a; elif ls; then rm b; else rm c; fi",
            "remove a; remove b; remove c",
        ),
        ("for f in a b; do rm c; done > log", "create log; remove c"),
        ("for ((i=0; i<3; i++)); do rm c; done", "remove c"),
        ("while read l; do echo $l >> out; done < in", "append out"),
        ("until ls; do rm a; done", "remove a"),
        (
            "case $x in a|b) rm a;; (c) rm b ;; *) rm c; esac",
            "remove a; remove b; remove c",
        ),
        ("(rm a; rm b) > log", "create log; remove a; remove b"),
        ("{ rm a; rm b; } 2> log", "create log; remove a; remove b"),
        ("! rm a", "remove a"),
        ("time rm a", "remove a"),
        ("time -p rm a", "remove a"),
        ("X=1 Y=\"a b\" rm a", "remove a"),
        ("x=$(rm a) y=`rm b`", "remove a; remove b"),
        ("echo \"$(rm a; echo \"$(rm b)\")\"", "remove a; remove b"),
        ("echo ${x:-$(rm a)}", "remove a"),
        ("exit 1; rm a", ""),
        ("test -f x || exit 1; rm a", "remove a"),
        ("f() { rm a; }", ""),
        ("function f { rm a; }; ls > b", "create b"),
        ("f () { rm a; }; f", "…"),
        ("/bin/rm a; \\rm b; 'rm' c", "remove a; remove b; remove c"),
    ]);
}
