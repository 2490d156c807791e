//! A hand-written part of a computation as one node of the autodiff graph.

use std::fmt::Debug;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Flex};
use burn::tensor::{Device, Tensor, TensorData};

use super::Buffer;

/// The values of a tensor on the CPU, row-major; a clone shares them. The last who holds them leaves their memory to the
/// next [`Buffer`].
#[derive(Debug, Clone)]
pub(crate) struct Values(Option<FloatTensor<Flex>>);

impl Values {
    fn new(tensor: FloatTensor<Flex>) -> Self {
        Self(Some(if tensor.as_slice::<f32>().is_some() { tensor } else { tensor.to_contiguous() }))
    }

    fn tensor(&self) -> &FloatTensor<Flex> {
        self.0.as_ref().expect("only dropped values have none")
    }

    /// The values themselves.
    pub(crate) fn as_slice(&self) -> &[f32] {
        self.tensor().as_slice().expect("made contiguous when it was created")
    }

    /// Number of columns.
    pub(crate) fn columns(&self) -> usize {
        self.shape().last().copied().unwrap_or(1)
    }

    fn from_vec(values: Vec<f32>, shape: &[usize]) -> FloatTensor<Flex> {
        FloatTensor::<Flex>::from_data(TensorData::new(values, shape.to_vec()))
    }

    fn shape(&self) -> Vec<usize> {
        self.tensor().layout().shape().to_vec()
    }
}

impl Drop for Values {
    fn drop(&mut self) {
        let whole =
            |tensor: &FloatTensor<Flex>| tensor.layout().num_elements() * size_of::<f32>() == tensor.bytes().len();
        if let Some(tensor) = self.0.take().filter(|tensor| tensor.is_unique() && whole(tensor)) {
            let (bytes, ..) = tensor.into_data().into_parts();
            drop(bytes.try_into_vec::<f32>().map(Buffer::from));
        }
    }
}

/// The values of a tensor, in the graph or not; none where it does not lie on the CPU.
pub(crate) fn values_of<const D: usize>(tensor: Tensor<D>) -> Option<Values> {
    match Input::from(tensor) {
        Input::Tracked(tensor) => Some(Values::new(tensor.into_primitive())),
        Input::Plain(tensor) => Some(Values::new(tensor)),
        Input::Elsewhere => None,
    }
}

/// A tensor on the CPU, outside the graph.
pub(crate) fn tensor_of<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), &Device::flex())
}

/// What a node needs to know for its way back.
pub(crate) trait Gradients<const N: usize>: Clone + Send + Debug + 'static {
    /// The gradients by the inputs, given the gradient by the output; one is computed only where it is `wanted`.
    fn gradients(self, by_output: &[f32], wanted: [bool; N]) -> [Option<Vec<f32>>; N];
}

/// The result of a hand-written part.
pub(crate) struct Node<S> {
    /// The output, row-major.
    pub(crate) output: Vec<f32>,
    /// Its shape.
    pub(crate) shape: Vec<usize>,
    /// What the way back needs.
    pub(crate) state: S,
}

/// Computes `forward` of the inputs, as one node of the graph if any of them is in the graph; gives nothing where they
/// do not lie on the CPU.
pub(crate) fn try_node<const N: usize, const D: usize, S: Gradients<N>>(
    inputs: [Input; N],
    forward: impl FnOnce(&[Values; N]) -> Node<S>,
) -> Option<Tensor<D>> {
    let mut tracked = Vec::with_capacity(N);
    let mut is_tracked = false;
    for input in inputs {
        let tensor = match input {
            Input::Tracked(tensor) => {
                is_tracked = true;
                tensor
            }
            Input::Plain(tensor) => Autodiff::<Flex>::from_inner(tensor),
            Input::Elsewhere => return None,
        };
        tracked.push(tensor);
    }
    let tracked: [Tracked; N] = tracked.try_into().ok()?;
    let values = tracked.each_ref().map(|tensor| Values::new(tensor.primitive().clone()));
    let shapes = values.each_ref().map(Values::shape);
    let Node { output, shape, state } = forward(&values);
    let output = Values::from_vec(output, &shape);
    if !is_tracked {
        return Some(Tensor::from_primitive::<Flex>(output));
    }
    let prepared = Way(std::marker::PhantomData::<S>).prepare::<NoCheckpointing>(tracked.each_ref().map(|t| t.node()));
    let output = match prepared.compute_bound().stateful() {
        OpsKind::Tracked(node) => node.finish((state, shapes), output),
        OpsKind::UnTracked(node) => node.finish(output),
    };
    Some(Tensor::from_primitive::<Autodiff<Flex>>(output))
}

type Tracked = FloatTensor<Autodiff<Flex>>;

/// An input of a node.
pub(crate) enum Input {
    /// On the CPU, in the graph.
    Tracked(Tracked),
    /// On the CPU, outside the graph.
    Plain(FloatTensor<Flex>),
    /// On another device.
    Elsewhere,
}

impl<const D: usize> From<Tensor<D>> for Input {
    fn from(tensor: Tensor<D>) -> Self {
        match tensor.clone().try_into_primitive::<Autodiff<Flex>>() {
            Ok(tracked) => Self::Tracked(tracked),
            Err(_) => tensor.try_into_primitive::<Flex>().map_or(Self::Elsewhere, Self::Plain),
        }
    }
}

/// A number whose gradient by a matrix is known as soon as the number is; none where the matrix is not on the CPU.
///
/// # Shapes
/// - `forward` takes the values `[n, columns]` and returns the number and the gradient of the same shape
pub(crate) fn scalar(matrix: Tensor<2>, forward: impl FnOnce(&Values) -> (f32, Vec<f32>)) -> Option<Tensor<1>> {
    try_node([Input::from(matrix)], |[matrix]| {
        let (value, gradient) = forward(matrix);
        Node { output: vec![value], shape: vec![1], state: Known([gradient]) }
    })
}

/// The gradients of a number by the inputs, known since the way there.
#[derive(Debug, Clone)]
pub(super) struct Known<const N: usize>(pub(super) [Vec<f32>; N]);

impl<const N: usize> Gradients<N> for Known<N> {
    fn gradients(mut self, by_output: &[f32], _wanted: [bool; N]) -> [Option<Vec<f32>>; N] {
        let factor = by_output[0];
        if factor != 1.0 {
            self.0.iter_mut().flatten().for_each(|value| *value *= factor);
        }
        self.0.map(Some)
    }
}

#[derive(Debug)]
struct Way<S>(std::marker::PhantomData<S>);

impl<S: Gradients<N>, const N: usize> Backward<Flex, N> for Way<S> {
    type State = (S, [Vec<usize>; N]);

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut grads::Gradients, _checkpointer: &mut Checkpointer) {
        let by_output = Values::new(grads.consume::<Flex>(&ops.node));
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let (state, shapes) = ops.state;
        let gradients = state.gradients(by_output.as_slice(), wanted);
        for ((parent, gradient), shape) in ops.parents.into_iter().zip(gradients).zip(shapes) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                grads.register::<Flex>(parent.id, Values::from_vec(gradient, &shape));
            }
        }
    }
}
