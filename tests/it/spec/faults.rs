//! What is said about faults of syntax and of the stack itself.

use moodle_infra::spec::render::one_line;
use moodle_infra::{spec, topology};

/// Returns the faults of a spec, one a line.
pub(super) fn faults(spec: &str) -> String {
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    let errors = faults.iter().any(|it| it.severity == spec::Severity::Error);
    assert_eq!(topology.is_none(), errors, "a topology is there exactly where no error is");
    let also = |it: &spec::Diagnostic| {
        it.also.as_ref().map_or(String::new(), |(place, label)| format!(" ({}:{} {label})", place.line, place.column))
    };
    let lines: Vec<String> = faults.iter().map(|it| one_line(it) + &also(it)).collect();
    lines.join("\n")
}

/// Returns the faults of what stands in the block of a stack.
fn within(block: &str) -> String {
    faults(&format!("moodle \"campus\" {{\n{block}\n}}"))
}

#[test]
fn braces_and_quotes_that_do_not_fit() {
    insta::assert_snapshot!(faults("moodle \"campus\" {\n  network {\n"), @"
    x.kdl:1:17: error: Opening brace without a closing one: No `}` closes this block. Add the missing `}`. [spec::syntax]
    x.kdl:2:11: error: Opening brace without a closing one: No `}` closes this block. Add the missing `}`. [spec::syntax]
    ");
    insta::assert_snapshot!(faults("moodle \"campus\" {\n  }\n}\n"), @"x.kdl:3:1: error: Closing brace without an opening one: No `{` is open here. Remove this `}`, or add the `{` that it closes. [spec::syntax]");
    insta::assert_snapshot!(faults("moodle \"campus {\n  region \"eu\n}\n"), @r#"
    x.kdl:1:8: error: Text without an end: No quote closes this text. Add the missing `"`. [spec::syntax]
    x.kdl:2:10: error: Text without an end: No quote closes this text. Add the missing `"`. [spec::syntax]
    x.kdl:3:1: error: Closing brace without an opening one: No `{` is open here. Remove this `}`, or add the `{` that it closes. [spec::syntax]
    "#);
    insta::assert_snapshot!(faults("/* moodle\n"), @"x.kdl:1:1: error: Comment without an end: No `*/` closes this comment. Add the missing `*/`. [spec::syntax]");
    insta::assert_snapshot!(faults("moodle \"campus\"\n{\n}"), @"x.kdl:2:1: error: Block without a name: No node stands before this `{` on its line. Write `name {` on one line. [spec::syntax]");
    insta::assert_snapshot!(faults("moodle \"campus\" { } region \"x\""), @"x.kdl:1:21: error: Text behind a block: `region` stands behind a `}` on the same line. Start a new line, or write `;` behind the `}`. [spec::syntax]");
    insta::assert_snapshot!(faults("moodle \"campus\" { /-network { }; }"), @"x.kdl:1:32: error: Semicolon behind a commented node: A node that is commented out by `/-` ends with its line. Put a line break here. [spec::syntax]");
    insta::assert_snapshot!(faults("moodle \"campus\" { } { }"), @"x.kdl:1:21: error: Second block: The node has a block already. Put all its fields in one block. [spec::syntax]");
    insta::assert_snapshot!(faults(&"a { ".repeat(7)), @"x.kdl:1:27: error: Nested too deep: Blocks and comments are nested at most 6 deep, blocks behind a `/-` once. A spec needs four levels; a `}` or `*/` may be missing before this. [spec::too-deep]");
}

#[test]
fn values_that_cannot_be_read() {
    insta::assert_snapshot!(within("tags a= b=true c=[1] d=(u8)5"), @r#"
    x.kdl:2:10: error: Stray equals sign: No field name stands before this `=`. A node is written `name value`, a field in its line `field=value`. [spec::syntax]
    x.kdl:2:11: error: Keyword without `#`: A bare `true` is not a value in KDL 2. Write `#true`, or "true" if you mean the text. [spec::syntax]
    x.kdl:2:18: error: Stray character: `[` has no meaning here. A list is written as values one after the other: name "a" "b". [spec::syntax]
    x.kdl:2:20: error: Stray character: `]` has no meaning here. A list is written as values one after the other: name "a" "b". [spec::syntax]
    x.kdl:2:24: error: Stray character: `(` has no meaning here. A spec has no type annotations: write the value alone. [spec::syntax]
    x.kdl:2:27: error: Stray character: `)` has no meaning here. A spec has no type annotations: write the value alone. [spec::syntax]
    "#);
    insta::assert_snapshot!(within("tags a=1x b=\"\\q\" c=999999999999999999999999999999999999999999"), @r#"
    x.kdl:2:8: error: Unreadable value: `1x` cannot be read as a number. Put texts in quotes. [spec::syntax]
    x.kdl:2:13: error: Unreadable value: `"\q"` has a backslash that escapes nothing. Write a backslash twice: \\ [spec::syntax]
    x.kdl:2:20: error: Unreadable value: `999999999999999999999999999999999999999999` cannot be read as a number. Put texts in quotes. [spec::syntax]
    "#);
    insta::assert_snapshot!(within("tags a=\"x\"b=\"y\" = 3;;"), @"
    x.kdl:2:11: error: Values without a blank between them: Two values touch each other. Write a blank between them. [spec::syntax]
    x.kdl:2:17: error: Stray equals sign: No field name stands before this `=`. A node is written `name value`, a field in its line `field=value`. [spec::syntax]
    x.kdl:2:21: error: Stray semicolon: This `;` ends nothing. Remove it. [spec::syntax]
    ");
    insta::assert_snapshot!(within("tags a=\"\u{202e}\" b=\"\u{0}\""), @"
    x.kdl:2:9: error: Invisible character: The character U+202E cannot be seen. Remove it. [spec::syntax]
    x.kdl:2:15: error: Invisible character: The character U+0000 cannot be seen. Remove it. [spec::syntax]
    ");
    insta::assert_snapshot!(within("5 6"), @"x.kdl:2:1: error: The spec is not valid KDL: Found invalid node name. This can be any string type, including a quoted, raw, or multiline string, as well as a plain identifier string. [spec::syntax]");
}

#[test]
fn bytes_that_are_no_spec() {
    let lines = |bytes: &[u8]| topology::read(bytes, "x.kdl").1.iter().map(one_line).collect::<String>();
    insta::assert_snapshot!(lines(b"moodle \"\xff\""), @"x.kdl:1:9: error: The spec is not UTF-8 text: Byte 8 of the file is not part of any character; a spec is UTF-8 text. Save the file as UTF-8. [spec::encoding]");
    insta::assert_snapshot!(lines(&vec![b'\n'; 300_000]), @"x.kdl:1:1: error: The spec is too large: The file has 300000 bytes; a spec has at most 262144. Check that this is the file that you meant. [spec::too-large]");
}

#[test]
fn stacks_are_one_a_file() {
    insta::assert_snapshot!(faults(""), @r#"x.kdl:1:1: error: No stack: The spec has no `moodle` node, so it describes nothing. Write for example: moodle "campus" { network } [spec::no-stack]"#);
    insta::assert_snapshot!(faults("moodle \"a\" { network; }\nmoodle \"b\" { network; }"), @"x.kdl:2:1: error: Second stack: A spec describes one stack, because each has its own state. Write it in a file of its own. [spec::two-stacks] (1:1 the first one)");
    insta::assert_snapshot!(faults("moodle \"a\" { network; }\nnetwork\nzone 1"), @r#"
    x.kdl:2:1: error: Node outside of the stack: `network` stands outside of the stack. Move it into the block: moodle "name" { network … } [spec::outside]
    x.kdl:3:1: error: Node outside of the stack: `zone` stands outside of the stack. A spec has one node, `moodle`, and everything is in its block. [spec::outside]
    "#);
    insta::assert_snapshot!(faults("moodel \"a\" { network; }"), @"x.kdl:1:1: error: Node outside of the stack: `moodel` stands outside of the stack. Did you mean `moodle`? [spec::outside]");
    insta::assert_snapshot!(faults("moodle \"a\""), @"x.kdl:1:1: warning: Empty stack: The spec asks for nothing; an apply deletes all that the stack has. Write `network` in its block for a network with all defaults. [stack::empty]");
}

#[test]
fn names_of_stacks() {
    for name in
        ["", "Campus", "9to5", "uni_siena", "campus-", "a--b", "sg-1", "internal-campus", "aws", &"a".repeat(24)]
    {
        let lines = faults(&format!("moodle \"{name}\" {{ network; }}"));
        assert!(lines.contains("[stack::name]"), "{name}: {lines}");
    }
    for name in ["a", "campus", "campus-2", "sgx", "internal2", &"a".repeat(23)] {
        assert_eq!(faults(&format!("moodle \"{name}\" {{ network; }}")), "", "{name}");
    }
    insta::assert_snapshot!(faults("moodle \"Campus\" { network; }"), @"x.kdl:1:8: error: Unusable stack name: `Campus` does not start with a lower-case letter. Use 1 to 23 lower-case letters, digits and single hyphens, from a letter to a letter or digit: the name is a part of the names of load balancers, databases and buckets. [stack::name]");
    insta::assert_snapshot!(faults("moodle { network; }"), @r#"x.kdl:1:1: error: Missing value: `moodle` needs a value. Write for example: moodle "campus" [spec::missing-value]"#);
    insta::assert_snapshot!(faults("moodle 5 { network; }"), @r#"x.kdl:1:8: error: Wrong type of value: The stack's name is a number, and must be a text. Write it in quotes: "5". [spec::wrong-type]"#);
    insta::assert_snapshot!(faults("moodle \"a\" \"b\" region=\"eu-west-1\" { network; }"), @"
    x.kdl:1:12: error: Value too many: `moodle` takes one value. Remove this value. [spec::surplus-value]
    x.kdl:1:16: error: Unknown field: `moodle` has no field `region` in its line. Write it in the block: moodle { region … } [spec::unknown-field]
    ");
}

#[test]
fn what_nobody_knows() {
    insta::assert_snapshot!(within("netwrok\nregoin \"eu-west-1\"\nwholly-other"), @"
    x.kdl:2:1: error: Unknown node: `moodle` has no node `netwrok` in its block. Did you mean `network`? [spec::unknown-node]
    x.kdl:3:1: error: Unknown node: `moodle` has no node `regoin` in its block. Did you mean `region`? [spec::unknown-node]
    x.kdl:4:1: error: Unknown node: `moodle` has no node `wholly-other` in its block. Known here: region, size, tags, network, database, files, cache, site, certificate, cdn, dns, load-balancer, web, bastion, watch. [spec::unknown-node]
    ");
    insta::assert_snapshot!(within("network { tags a=\"b\"; zonse 3 }"), @"
    x.kdl:2:11: error: Unknown node: `network` has no node `tags` in its block. Known here: existing, cidr, zones, tenancy, nat, flow-logs, endpoints, subnets. [spec::unknown-node]
    x.kdl:2:23: error: Unknown node: `network` has no node `zonse` in its block. Did you mean `zones`? [spec::unknown-node]
    ");
    insta::assert_snapshot!(within("network {\n flow-logs retain_days=7 { retain-days 7 }\n subnets \"public\" cidrs=\"x\"\n}"), @"
    x.kdl:3:12: error: Unknown field: `flow-logs` has no field `retain_days` in its line. Did you mean `retain-days`? [spec::unknown-field]
    x.kdl:3:28: error: Unknown node: `flow-logs` has no node `retain-days` in its block. Write it in the line: flow-logs retain-days=… [spec::unknown-node]
    x.kdl:4:19: error: Unknown field: `subnets` has no field `cidrs` in its line. Write it in the block: subnets { cidrs … } [spec::unknown-field]
    ");
    insta::assert_snapshot!(within("watch \"one\"\nwatch \"two\"\nbastion { whatever; }"), @"
    x.kdl:2:1: error: Not available in this version: `watch` is a part of the language, and this version cannot make it. Comment it out for now: /-watch [spec::not-available]
    x.kdl:3:1: error: Not available in this version: `watch` is a part of the language, and this version cannot make it. Comment it out for now: /-watch [spec::not-available]
    x.kdl:4:1: error: Not available in this version: `bastion` is a part of the language, and this version cannot make it. Comment it out for now: /-bastion [spec::not-available]
    ");
    insta::assert_snapshot!(within("network\nnetwork { zones 2 }"), @"x.kdl:3:1: error: Written twice: `network` can stand here only once. Remove one of the two. [spec::duplicate] (2:1 the first one)");
}

#[test]
fn regions() {
    insta::assert_snapshot!(within("network; region"), @r#"x.kdl:2:10: error: Missing value: `region` needs a value. Write for example: region "eu-west-1" [spec::missing-value]"#);
    insta::assert_snapshot!(within("network; region 5"), @r#"x.kdl:2:17: error: Wrong type of value: The region is a number, and must be a text. Write it in quotes: "5". [spec::wrong-type]"#);
    insta::assert_snapshot!(within("network; region \"eu-wets-1\""), @r#"x.kdl:2:17: warning: Unknown region: This version does not know `eu-wets-1`; it may be newer. Did you mean "eu-west-1"? [stack::unknown-region]"#);
    insta::assert_snapshot!(within("network; region \"eu-west-1b\""), @r#"x.kdl:2:17: error: Zone instead of a region: `eu-west-1b` is an availability zone. Its region is "eu-west-1". [stack::region]"#);
    insta::assert_snapshot!(within("network; region \"Ireland\""), @r#"x.kdl:2:17: error: Not a region: `Ireland` is not the name of a region. Write for example "eu-west-1". [stack::region]"#);
    insta::assert_snapshot!(within("network; region \"eu-west-1\" \"eu-west-2\""), @"x.kdl:2:29: error: Value too many: `region` takes one value. Remove this value. [spec::surplus-value]");
}

#[test]
fn tags() {
    insta::assert_snapshot!(within("network; tags"), @r#"x.kdl:2:10: error: Missing value: `tags` needs a field for each tag. Write for example: tags owner="it-services" [spec::missing-value]"#);
    insta::assert_snapshot!(within("network; tags cost=4711 on=#true none=#null share=0.5"), @r#"
    x.kdl:2:20: error: Wrong type of value: The value of a tag is a number, and must be a text. Write it in quotes: "4711". [spec::wrong-type]
    x.kdl:2:28: error: Wrong type of value: The value of a tag is a switch, and must be a text. Write it in quotes: "true". [spec::wrong-type]
    x.kdl:2:39: error: Wrong type of value: The value of a tag is `#null`, and must be a text. Write it in quotes: "null". [spec::wrong-type]
    x.kdl:2:51: error: Wrong type of value: The value of a tag is a number, and must be a text. Write it in quotes: "0.5". [spec::wrong-type]
    "#);
    insta::assert_snapshot!(within("network; tags \"aws:x\"=\"1\" \"Moodle-Infra:y\"=\"2\" Name=\"3\" \"\"=\"4\""), @r#"
    x.kdl:2:15: error: Reserved tag key: Keys that start with `aws:` are not the user's. Choose another key. [stack::tag-key]
    x.kdl:2:27: error: Reserved tag key: Keys that start with `moodle-infra:` are not the user's. Choose another key. [stack::tag-key]
    x.kdl:2:48: error: Reserved tag key: Every resource gets a `Name` of its own. Choose another key. [stack::tag-key]
    x.kdl:2:57: error: Empty tag key: A tag needs a key. Write key="value". [stack::tag-key]
    "#);
    insta::assert_snapshot!(within("network; tags owner=\"a\" Owner=\"b\" owner=\"c\""), @"
    x.kdl:2:25: error: Tag key written twice: IAM takes keys that differ only in case for the same. Remove one of the two. [stack::tag-key] (2:15 the first one)
    x.kdl:2:35: error: Written twice: `owner` can stand here only once. Remove one of the two. [spec::duplicate] (2:15 the first one)
    ");
    insta::assert_snapshot!(within("network; tags \"a*\"=\"b\\nc\""), @r"
    x.kdl:2:15: error: Character not allowed in a tag: The key has the character `*`. Tags take letters, digits, blanks and _ . : / = + - @ [stack::tag-characters]
    x.kdl:2:20: error: Character not allowed in a tag: The value has the character `\u{a}`. Tags take letters, digits, blanks and _ . : / = + - @ [stack::tag-characters]
    ");
    let long = within(&format!("network; tags \"{}\"=\"{}\"", "k".repeat(129), "v".repeat(257)));
    insta::assert_snapshot!(long, @"
    x.kdl:2:15: error: Tag too long: The key has 129 characters; AWS takes 128. Shorten it. [stack::tag-length]
    x.kdl:2:147: error: Tag too long: The value has 257 characters; AWS takes 256. Shorten it. [stack::tag-length]
    ");
    let many: Vec<String> = (0..41).map(|it| format!(" t{it}=\"v\"")).collect();
    insta::assert_snapshot!(within(&format!("network; tags{}", many.concat())), @"x.kdl:2:10: error: Too many tags: There are 41 tags; AWS takes 50 a resource, and ten are kept for its and our own. Write at most 40. [stack::too-many-tags]");
}

#[test]
fn a_stack_of_nothing_is_told() {
    insta::assert_snapshot!(within(""), @"x.kdl:1:1: warning: Empty stack: The spec asks for nothing; an apply deletes all that the stack has. Write `network` in its block for a network with all defaults. [stack::empty]");
}

#[test]
fn many_faults_are_told_up_to_a_number() {
    assert_eq!(within(&"x\n".repeat(1000)).lines().count(), 100);
}

#[test]
fn a_terminal_shows_the_line_and_what_to_write() {
    let spec = "moodle \"campus\" {\n    network {\n        zonse 3\n    }\n    network\n}\n";
    let (_, faults) = topology::read(spec.as_bytes(), "campus.kdl");
    insta::assert_snapshot!(spec::render(&faults, "campus.kdl", spec, false), @r#"
    spec::unknown-node

      × Unknown node: `network` has no node `zonse` in its block.
       ╭─[campus.kdl:3:9]
     2 │     network {
     3 │         zonse 3
       ·         ─────
     4 │     }
       ╰────
      help: Did you mean `zones`?

    spec::duplicate

      × Written twice: `network` can stand here only once.
       ╭─[campus.kdl:5:5]
     1 │ moodle "campus" {
     2 │     network {
       ·     ───┬───
       ·        ╰── the first one
     3 │         zonse 3
     4 │     }
     5 │     network
       ·     ───────
     6 │ }
       ╰────
      help: Remove one of the two.
    "#);
    assert!(spec::render(&faults, "campus.kdl", spec, true).contains("\u{1b}["));
}

#[test]
fn programs_get_flat_json() {
    let (_, faults) = topology::read(b"moodle \"a\" {\n  network; network\n}", "x.kdl");
    insta::assert_snapshot!(serde_json::to_string_pretty(&faults).unwrap(), @r#"
    [
      {
        "severity": "error",
        "code": "spec::duplicate",
        "file": "x.kdl",
        "line": 2,
        "column": 12,
        "offset": 24,
        "length": 7,
        "summary": "Written twice",
        "message": "`network` can stand here only once.",
        "help": "Remove one of the two.",
        "also": {
          "line": 2,
          "column": 3,
          "message": "the first one"
        }
      }
    ]
    "#);
}
