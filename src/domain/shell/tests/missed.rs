//! What is knowingly not caught. Each of these writes a file or moves a checkout, and passes.

use super::check;

#[test]
fn programs_do_what_they_like() {
    check(&[
        ("python -c \"open('f', 'w')\"", "…"),
        ("python3 - <<'EOF'\nopen('f', 'w')\nEOF", "…"),
        ("node -e 'fs.writeFileSync(\"f\", \"\")'", "…"),
        ("perl -e 'unlink \"f\"'", "…"),
        ("make", "…"),
        ("cargo fmt", "…"),
        ("npm install", "…"),
        ("prettier --write f", "…"),
        ("vim -c wq f", "…"),
        ("./script.sh f", "…"),
        ("bash <<'EOF'\nrm f\nEOF", "…"),
        ("echo 'rm f' | sh", "…"),
        ("source lib.sh", "…"),
        ("ssh host 'rm f'", "…"),
        ("docker run -v .:/x y rm f", "…"),
        ("parallel rm ::: f", "…"),
        ("gh pr checkout 5", "…"),
    ]);
}

#[test]
fn what_only_the_running_shell_knows() {
    check(&[
        ("eval \"$x\"", "…"),
        ("f=a; rm $f", "…"),
        ("for f in a b; do rm \"$f\"; done", "…"),
        ("$cmd f", "…"),
        ("rm ~/x ~user/x", "…"),
        ("trap 'rm f' EXIT", "…"),
        ("f() { rm a; }; f", "…"),
        ("coproc rm f", "…"),
        ("git -c alias.x='!rm f' x", "git other x; …"),
        ("git co .", "git other co; …"),
        ("git commit --pathspec-from-file=list", "…"),
    ]);
}

#[test]
fn programs_with_more_than_one_trade() {
    // These look complete, because what makes them write hides in a script or in the configuration.
    check(&[
        ("sed -n 'w f' g", ""),
        ("alias ls='rm f'", ""),
        ("alias ls='rm f'; ls", ""),
        ("git diff --output=f", ""),
        ("git log --output=f", ""),
    ]);
}

#[test]
fn what_cannot_be_understood_passes() {
    check(&[
        ("rm f; (", "…"),
        ("rm f; if", "…"),
        ("rm f )", "…"),
        ("rm 'f", "…"),
        ("rm \"f", "…"),
        ("rm f `", "…"),
        ("rm f $(", "…"),
        ("rm f | | x", "…"),
        ("; rm f", "…"),
        ("rm f >", "…"),
        ("case x in rm f", "…"),
    ]);
}
