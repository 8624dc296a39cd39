//! README and the book stay true: links lead somewhere, pages stay short, commands and example files are parsed.

mod browser;
mod built;
mod codes;
mod commands;
mod examples;
mod links;
mod pages;
mod remedies;

use pages::Page;

#[test]
fn every_page_is_in_the_table_of_contents_once() {
    let contents = pages::read("docs/src/SUMMARY.md");
    let mut listed: Vec<_> = contents
        .links
        .iter()
        .map(|link| format!("docs/src/{}", link.target))
        .collect();
    listed.sort();
    let mut pages: Vec<_> = pages::of_the_book().into_iter().map(|page| page.name).collect();
    pages.retain(|name| name != "docs/src/SUMMARY.md");
    pages.sort();
    assert_eq!(listed, pages);
}

#[test]
fn pages_are_short() {
    let long = |page: &Page, most: usize| {
        let lines = page.text.lines().count();
        assert!(lines <= most, "{} has {lines} lines, more than {most}", page.name);
    };
    long(&pages::read("README.md"), 200);
    long(&pages::read("CONTRIBUTING.md"), 80);
    pages::of_the_book().iter().for_each(|page| long(page, 150));
}

#[test]
fn no_page_has_the_marks_of_a_merge() {
    for page in pages::of_users() {
        let marked = page
            .text
            .lines()
            .position(|line| line.starts_with("<<<<<<<") || line.starts_with(">>>>>>>"));
        assert!(marked.is_none(), "{}:{}", page.name, marked.unwrap_or_default() + 1);
    }
}
