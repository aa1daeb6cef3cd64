//! Nothing that stands in a file makes the reader panic, overflow the stack or run for long.

use std::time::{Duration, Instant};

use moodle_infra::spec::tree::parse;
use moodle_infra::spec::{Source, render};
use proptest::prelude::*;

fn read(bytes: &[u8]) {
    let faults = match Source::read(bytes, "x.kdl") {
        Ok(source) => parse(&source).err().unwrap_or_default(),
        Err(fault) => vec![*fault],
    };
    let rendered = render(&faults, "x.kdl", &String::from_utf8_lossy(bytes), false);
    assert_eq!(rendered.is_empty(), faults.is_empty());
}

/// What a spec is made of, and what it is not.
const PIECES: &[&str] = &[
    "a",
    " c=1",
    " d=\"x y\"",
    " \"t\"",
    " #true",
    " 5",
    " ",
    "\n",
    ";",
    " {",
    "{",
    "}\n",
    "}",
    " // c\n",
    "/* e */",
    " /-",
    "/- ",
    "/-",
    " \\\n",
    " \"\"\"\n  h\n  \"\"\"",
    " #\"j\"#",
    "=",
    "\t",
    "(a)",
    "[",
    "\"",
    "#",
    "##\"",
    "\\",
    "*/",
    "/*",
    "-",
    "0x",
    "é",
    "\u{feff}",
    "\r",
    "1e",
    "'",
    ",",
    "/",
];

/// The parser recurses where it recovers; what it is given must not let it do so with the length of a text.
#[test]
fn no_two_pieces_however_often_need_much_stack() {
    let all = || {
        for (one, other) in PIECES.iter().flat_map(|one| PIECES.iter().map(move |other| (one, other))) {
            for before in ["", "moodle \"a\" {\n", "moodle \"a\" { b"] {
                let text = format!("{before}{}", format!("{one}{other}").repeat(1500));
                read(text.as_bytes());
            }
        }
    };
    std::thread::Builder::new().stack_size(256 * 1024).spawn(all).unwrap().join().unwrap();
}

#[test]
fn much_of_anything_is_read_soon() {
    let started = Instant::now();
    for piece in [
        "}",
        "{",
        "]",
        "[",
        "(",
        ")",
        "a{}",
        "a ]",
        "a{} b",
        "/-",
        "/-{",
        "a /-{",
        "a /-{}",
        "a /-{} b",
        "/*",
        "/**/",
        "\\",
        "\\\n",
        "\"",
        "\"\"\"",
        "#\"",
        "#",
        "##",
        "=",
        "a=",
        "a=1 ",
        "a=1=",
        ";",
        "a;",
        "a\n",
        "a \n ",
        "1",
        "1 ",
        "-",
        "0x",
        "0xg ",
        "1.",
        "1e9",
        "\u{0}",
        "\u{feff}",
        "\u{202e}",
        "\r",
        "a\"b\"",
        "#true",
        "true ",
        "a #x ",
        "a (",
        "a 1x ",
        "\"\\q\" ",
        "\"\\u{110000}\" ",
        "a 1_ ",
        "é",
        "a \\ b",
        "/-a /-b ",
        "a /- ",
        "1a ",
        "a 0x ",
        ".1 ",
    ] {
        for size in [3, 9, 50_000, 250_000] {
            let text = piece.repeat(size / piece.len() + 1);
            read(text.as_bytes());
            read(format!("moodle \"a\" {{ {text}").as_bytes());
        }
    }
    for (open, inner, close) in
        [("a /-{", "b c;", "}"), ("a {/-b {", "\n/-c d\n", "}\n}\n"), ("/-a {\n", "b\n", "}\n"), ("a {\n", "1 ", "}\n")]
    {
        for depth in 0..10 {
            read(format!("{}{}{}", open.repeat(depth), inner.repeat(20_000), close.repeat(depth)).as_bytes());
        }
    }
    // The parser takes a comment apart at each of its signs, one level deeper each time.
    for sign in ["*", "/", "/ ", "* a", "/*", "*/ /*"] {
        for count in [100, 5000, 100_000] {
            let comment = sign.repeat(count);
            read(format!("/* {comment} */ moodle").as_bytes());
            read(format!("moodle /* {comment}").as_bytes());
            read(format!("moodle \"\\q/*{comment}\"").as_bytes());
        }
    }
    // Generous, because other work may run on the machine; what is not linear takes minutes.
    assert!(started.elapsed() < Duration::from_mins(2), "{:?}", started.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read(&bytes);
    }

    #[test]
    fn any_signs_are_read(text in "[a-c0-9 \\n\\\\/*#\"{}()=;.+_é-]{0,200}") {
        read(text.as_bytes());
    }
}
