//! The figures as a picture for the README.

use std::fmt::Write;

use crate::Figure;

const ROW: usize = 26;
const LEFT: usize = 330;
const WIDTH: f64 = 300.0;
/// Ratios beyond this are drawn as long as this.
const LONGEST: f64 = 3.0;

/// Returns an SVG: a bar for each figure, as long as its ratio, with a mark at its aim.
pub(crate) fn svg(figures: &[Figure]) -> String {
    let drawn: Vec<&Figure> = figures.iter().filter(|figure| figure.aim.is_finite()).collect();
    let (width, height) = (LEFT as f64 + WIDTH + 150.0, drawn.len() * ROW + 60);
    let mut svg = String::new();
    // Writing to a string does not fail.
    _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"13\">\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\
         <text x=\"10\" y=\"24\" font-weight=\"bold\">What a question costs, as a share of the least it could (lines: the aims)</text>"
    );
    for (n, figure) in drawn.iter().enumerate() {
        let top = 40 + n * ROW;
        let length = |ratio: f64| ratio.min(LONGEST) / LONGEST * WIDTH;
        let colour = if figure.ratio() <= figure.aim { "#2a7f62" } else { "#c2772b" };
        let (bar, aim, baseline) = (length(figure.ratio()), LEFT as f64 + length(figure.aim), top + 14);
        _ = write!(
            svg,
            "<text x=\"10\" y=\"{baseline}\">{}</text>\
             <rect x=\"{LEFT}\" y=\"{top}\" width=\"{bar:.1}\" height=\"18\" fill=\"{colour}\"/>\
             <line x1=\"{aim:.1}\" x2=\"{aim:.1}\" y1=\"{}\" y2=\"{}\" stroke=\"#333\"/>\
             <text x=\"{:.1}\" y=\"{baseline}\">{:.2} ({} {})</text>",
            figure.question,
            top - 2,
            top + 20,
            LEFT as f64 + bar.max(aim - LEFT as f64) + 8.0,
            figure.ratio(),
            rounded(figure.ours),
            figure.unit,
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// Returns three digits of a figure, however large it is.
fn rounded(figure: f64) -> String {
    let digits = 2usize.saturating_sub(figure.max(1.0).log10() as usize);
    format!("{figure:.digits$}")
}
