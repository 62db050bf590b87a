//! What a template may use.

/// Bounds on a template and on one rendering of it. A hostile template meets one of them long before it harms the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Turns of one `#foreach`; further ones are skipped without an error. AWS: 1,000 (API Gateway quotas).
    pub loop_turns: usize,
    /// Bytes of a template. AWS: 300 KB (unverified).
    pub template_bytes: usize,
    /// Bytes of output. AWS: the payload limit, 10 MB.
    pub output_bytes: usize,
    /// How deep a template may be nested when parsed, and macros, definitions and values when rendered.
    pub depth: usize,
    /// Units of work of one rendering: about one per node evaluated and per sixteen bytes handled. Stands for time, which a library doesn't read.
    pub steps: u64,
    /// Units of memory of one rendering: bytes of text and elements of collections made, not counting the payload's own.
    pub memory: u64,
    /// Backtracking steps of one regular expression.
    pub regex_backtracks: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            loop_turns: 1_000,
            template_bytes: 300 * 1024,
            output_bytes: 10 * 1024 * 1024,
            depth: 100,
            steps: 20_000_000,
            memory: 256 * 1024 * 1024,
            regex_backtracks: 1_000_000,
        }
    }
}
