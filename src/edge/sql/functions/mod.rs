//! Functions over positions and H3 cells, for SQL.
//!
//! Latitude comes before longitude in every one of them, as in [`Position`](crate::domain::position::Position), which owns
//! that order; nothing else here decides it. A cell is a text of hex digits, as H3 writes it. A null argument gives null.
//!
//! | function | gives |
//! |---|---|
//! | `h3_cell(lat, lon, resolution)` | the cell of a position, resolution 0 (1100 km) to 15 (0.6 m); null off the globe |
//! | `h3_parent(cell, resolution)` | the coarser cell around it; null when `resolution` is finer than the cell |
//! | `h3_resolution(cell)` | its resolution |
//! | `h3_center_lat(cell)`, `h3_center_lon(cell)` | its centre, degrees |
//! | `h3_distance(cell, cell)` | steps on the grid; null when they differ in resolution or are too far apart to count |
//! | `h3_disk(cell, k)` | list of the cells at most `k` steps away, sorted |
//! | `h3_is_cell(text)` | whether a text is a cell |
//! | `distance_m(lat1, lon1, lat2, lon2)` | metres on the ellipsoid; null off the globe |

mod h3;
mod metres;

use std::hash::{Hash, Hasher};

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::compute::can_cast_types;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

/// What a function does to its columns: equal length, of the declared types.
type Kernel = fn(&[ArrayRef]) -> Result<ArrayRef>;

/// A function of SQL: pure, one value a row.
#[derive(Debug)]
struct RowFunction {
    name: &'static str,
    /// As it is written, for help and errors.
    usage: &'static str,
    takes: Vec<DataType>,
    gives: DataType,
    kernel: Kernel,
    signature: Signature,
}

impl RowFunction {
    fn new(usage: &'static str, takes: Vec<DataType>, gives: DataType, kernel: Kernel) -> RowFunction {
        let name = usage.split('(').next().unwrap_or(usage);
        let signature = Signature::user_defined(Volatility::Immutable);
        RowFunction { name, usage, takes, gives, kernel, signature }
    }
}

/// A name names one function, and the kernel is fixed with it.
impl PartialEq for RowFunction {
    fn eq(&self, other: &RowFunction) -> bool {
        self.name == other.name
    }
}

impl Eq for RowFunction {}

impl Hash for RowFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for RowFunction {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(self.gives.clone())
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        if arguments.len() != self.takes.len() {
            return plan_err!("{} takes {} arguments, not {}", self.usage, self.takes.len(), arguments.len());
        }
        for (number, (given, wanted)) in arguments.iter().zip(&self.takes).enumerate() {
            // Text is no number and a number is no cell, though arrow would try.
            let alike = given.is_string() == wanted.is_string() && can_cast_types(given, wanted);
            if !alike && *given != DataType::Null {
                return plan_err!("{}: argument {} is {given}, not {wanted}", self.usage, number + 1);
            }
        }
        Ok(self.takes.clone())
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = arguments.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let columns = ColumnarValue::values_to_arrays(&arguments.args)?;
        let column = (self.kernel)(&columns)?;
        if constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&column, 0)?));
        }
        Ok(ColumnarValue::Array(column))
    }
}

/// All of them.
pub fn all() -> Vec<ScalarUDF> {
    let mut functions = h3::functions();
    functions.extend(metres::functions());
    functions.into_iter().map(ScalarUDF::from).collect()
}

/// How each is written, for help and completion.
pub fn usages() -> Vec<&'static str> {
    h3::functions().iter().chain(&metres::functions()).map(|function| function.usage).collect()
}
