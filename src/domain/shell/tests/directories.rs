//! Which directory a path is relative to.

use super::check;

#[test]
fn a_change_of_directory_lasts() {
    check(&[
        ("cd x && rm f", "remove f @x"),
        ("cd x; rm f", "remove f @x"),
        ("cd x\nrm f", "remove f @x"),
        ("cd a && cd b && rm f", "remove f @a/b"),
        ("cd a/b && cd .. && rm f", "remove f @a"),
        ("cd a && cd .. && rm f", "remove f"),
        ("cd .. && rm f", "remove f @.."),
        ("cd ../.. && cd ../x && rm f", "remove f @../../../x"),
        ("cd . && rm f", "remove f"),
        ("cd \"$PWD\" && rm f", "remove f"),
        (
            "cd /abs/x && rm f ../g /h",
            "remove f @/abs/x; remove ../g @/abs/x; remove /h",
        ),
        ("cd /a && cd ../.. && rm f", "remove f @/"),
        ("cd x && echo hi > f && git add f", "create f @x; git add [f] @x"),
        ("cd -- x && rm f", "remove f @x"),
        ("cd -P x && rm f", "remove f @x"),
        ("pushd x && rm f", "remove f @x"),
        ("command cd x && rm f", "remove f @x"),
        ("cd x || exit 1; rm f", "remove f @x"),
        ("cd x || { echo no; exit 1; }; rm f", "remove f @x"),
        ("{ cd x; }; rm f", "remove f @x"),
        ("cd x > log && rm f", "create log; remove f @x"),
        ("eval 'cd x'; rm f", "remove f @x"),
        ("if cd x; then rm f; fi; rm g", "remove f @x; remove g @x"),
        ("set -e; cd x; make; rm f", "remove f @x; …"),
    ]);
}

#[test]
fn a_change_of_directory_ends() {
    check(&[
        ("(cd x && rm f); rm g", "remove f @x; remove g"),
        ("(cd x); rm g", "remove g"),
        ("cd x | rm f; rm g", "remove f; remove g"),
        ("cd x & rm f", "remove f"),
        ("$(cd x; rm f); rm g", "remove f @x; remove g; …"),
        ("bash -c 'cd x; rm f'; rm g", "remove f @x; remove g"),
        ("cd x || rm f", "remove f"),
        ("(cd a; (cd b; rm f); rm g)", "remove f @a/b; remove g @a"),
        ("diff <(cd a; ls) b > f", "create f"),
    ]);
}

#[test]
fn an_unknown_directory_makes_relative_paths_unknown() {
    check(&[
        ("cd $X && rm f /g", "remove /g; …"),
        ("cd && rm f", "…"),
        ("cd ~ && rm f", "…"),
        ("cd - && rm f", "…"),
        ("cd x && cd - && rm f", "…"),
        ("pushd x && popd && rm f", "…"),
        ("cd x* && rm f", "…"),
        ("cd $X; cd /a; rm f", "remove f @/a"),
        ("cd a || cd b; rm f", "…"),
        ("cd x || true; rm f", "…"),
        ("test -d x && cd x; rm f", "…"),
        ("if ls; then cd x; fi; rm f", "…"),
        ("if ls; then cd x; else cd x; fi; rm f", "remove f @x"),
        ("for d in a b; do cd d; rm f; done; rm g", "…"),
        (
            "for d in a b; do (cd d; rm f); done; rm g",
            "remove f @d; remove g",
        ),
        ("while ls; do cd x; done; rm f", "…"),
        ("case x in a) cd a;; esac; rm f", "…"),
        ("go() { cd x; }; go; rm f", "…"),
        ("go() { cd x; }; for i in 1 2; do go && rm f; done; rm g", "…"),
        ("break; rm f; return; rm g", "remove f; remove g; …"),
        ("eval \"$X\"; rm f", "…"),
        ("cd $X && git reset --hard", "…"),
        ("cd $X && git -C /a reset --hard", "git reset --hard @/a"),
    ]);
}
