//! Commands behind other commands.

use super::check;

#[test]
fn the_command_behind_a_wrapper_counts() {
    check(&[
        ("sudo rm f", "remove f"),
        ("sudo -u root -- rm f", "remove f"),
        ("sudo A=b rm f", "remove f"),
        ("env A=b C=d rm f", "remove f"),
        ("env -i -u X rm f", "remove f"),
        ("env -C dir rm f", "remove f @dir"),
        ("env", ""),
        ("nohup rm f &", "remove f"),
        ("timeout 5 rm f", "remove f"),
        ("timeout -k 1 -s KILL 5s rm f", "remove f"),
        ("nice -n 5 rm f", "remove f"),
        ("nice -5 rm f", "remove f"),
        ("stdbuf -oL sed -i s/a/b/ f", "edit f"),
        ("command rm f", "remove f"),
        ("command -v rm", ""),
        ("exec rm f; rm g", "remove f"),
        ("exec > log 2>&1; rm f", "create log; remove f"),
        ("flock lockfile rm f", "remove f"),
        ("/usr/bin/time -f %e rm f", "remove f"),
        ("sudo env A=b nice timeout 5 rm f", "remove f"),
        ("sudo tee /etc/x < y", "create /etc/x"),
        ("sudo -e f", "…"),
    ]);
}

#[test]
fn scripts_in_arguments_are_read() {
    check(&[
        ("bash -c 'rm f > g'", "create g; remove f"),
        ("bash -c \"rm f\"", "remove f"),
        ("sh -ec 'cd x && rm f'", "remove f @x"),
        ("bash -lc 'rm f' name arg", "remove f"),
        ("bash -euo pipefail -c 'rm f'", "remove f"),
        ("bash -c \"bash -c 'rm f'\"", "remove f"),
        ("cd x && bash -c 'rm f'", "remove f @x"),
        ("bash -c 'rm $1' _ f", "…"),
        ("bash -c \"$X\"", "…"),
        ("bash -c 'rm f' > log", "create log; remove f"),
        ("bash script.sh", "…"),
        ("bash -n script.sh", "…"),
        ("eval 'rm f'", "remove f"),
        ("eval rm f '>' g", "create g; remove f"),
        ("sudo bash -c 'echo x > /etc/f'", "create /etc/f"),
        ("bash -c 'rm f; (' ; rm g", "remove g; …"),
    ]);
}

#[test]
fn arguments_from_elsewhere_are_unknown() {
    check(&[
        ("ls | xargs rm", "…"),
        ("ls | xargs rm -f a", "remove a; …"),
        ("ls | xargs -0 -n 1 -P 4 sed -i s/a/b/", "…"),
        ("ls | xargs -I{} cp {} dest/", "…"),
        ("ls | xargs -I % mv % dest", "to dest; …"),
        ("ls | xargs -t grep x", "…"),
        ("ls | xargs git add", "…"),
        ("ls | xargs git commit -m x", "…"),
        ("ls | xargs sh -c 'echo x > f'", "create f; …"),
        ("find . -name '*.o' -delete", "remove ./?; …"),
        ("find a b -type f -exec rm {} +", "remove a/?; remove b/?; …"),
        ("find a -exec sed -i s/a/b/ {} \\;", "edit a/?; …"),
        ("find -exec mv {} old/ \\;", "move ./?; …"),
        ("find a -exec sh -c 'rm \"$1\"' _ {} \\;", "…"),
        ("find a -exec grep x {} +", ""),
        ("find a -name '-delete'", ""),
        ("find a -fprint out", "create out"),
        ("find $d -delete", "…"),
        ("cd x && find . -delete", "remove ./? @x; …"),
        ("find a -exec git checkout -- {} +", "…"),
    ]);
}
