//! Words of other frameworks, and netc's word for each, so that a message can say it.

use crate::ops;

/// netc's word for an operator of PyTorch, Keras, ONNX or JAX.
pub fn foreign_operator(name: &str) -> Option<&'static str> {
    find(&key(name))
}

/// netc's word for the operator of maps that corresponds to an operator of signals.
pub fn signal_operator(name: &str) -> Option<&'static str> {
    let key = key(name);
    let of_maps = key.replacen("1d", "2d", 1);
    let ours = || ops::lookup(&of_maps).map(|entry| entry.name);
    if of_maps == key { None } else { find(&of_maps).or_else(ours) }
}

fn key(name: &str) -> String {
    name.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase()
}

fn find(key: &str) -> Option<&'static str> {
    OPERATORS.binary_search_by(|(foreign, _)| (*foreign).cmp(key)).ok().map(|index| OPERATORS[index].1)
}

/// netc's words for an argument of PyTorch or Keras; the first that an operator has is meant.
pub fn foreign_argument(name: &str) -> Option<&'static [&'static str]> {
    ARGUMENTS.binary_search_by(|(foreign, _)| (*foreign).cmp(name)).ok().map(|index| ARGUMENTS[index].1)
}

/// What to write instead of an argument that other frameworks have and netc says in another way.
pub fn foreign_habit(name: &str) -> Option<&'static str> {
    match name {
        "activation" | "act" | "act_fn" | "nonlinearity" => Some("an activation is a stage of its own: `-> relu`"),
        "input_shape" | "input_dim" | "in_features" | "in_channels" => Some("leave it out: it follows from the value"),
        "name" => Some("write a label before the layer: `hidden: dense(64)`"),
        "data_format" => Some("leave it out: maps are channels, height, width"),
        _ => None,
    }
}

/// Without `_` and in lower case, sorted.
const OPERATORS: &[(&str, &str)] = &[
    ("absolute", "abs"),
    ("adaptiveavgpool2d", "global_avg_pool"),
    ("averagepooling2d", "avg_pool"),
    ("avgpool2d", "avg_pool"),
    ("batchnorm1d", "batch_norm"),
    ("batchnorm2d", "batch_norm"),
    ("batchnormalization", "batch_norm"),
    ("bce", "binary_cross_entropy"),
    ("bceloss", "binary_cross_entropy"),
    ("bcewithlogits", "binary_cross_entropy_with_logits"),
    ("bcewithlogitsloss", "binary_cross_entropy_with_logits"),
    ("binarycrossentropyloss", "binary_cross_entropy"),
    ("bn", "batch_norm"),
    ("cat", "concat"),
    ("categoricalcrossentropy", "cross_entropy_of"),
    ("chunk", "split"),
    ("concatenate", "concat"),
    ("conv", "conv2d"),
    ("conv2dtranspose", "conv_transpose2d"),
    ("convolution", "conv2d"),
    ("convolution2d", "conv2d"),
    ("convtranspose", "conv_transpose2d"),
    ("crossentropyloss", "cross_entropy"),
    ("deconv", "conv_transpose2d"),
    ("deconv2d", "conv_transpose2d"),
    ("divide", "div"),
    ("dropout2d", "dropout"),
    ("fc", "dense"),
    ("fullyconnected", "dense"),
    ("gap", "global_avg_pool"),
    ("globalaveragepool", "global_avg_pool"),
    ("globalaveragepooling2d", "global_avg_pool"),
    ("hardmax", "one_hot"),
    ("innerproduct", "dense"),
    ("interpolate", "upsample"),
    ("l1loss", "l1"),
    ("layernormalization", "layer_norm"),
    ("leakyrelu", "leaky_relu"),
    ("linear", "dense"),
    ("ln", "log"),
    ("logistic", "sigmoid"),
    ("lrelu", "leaky_relu"),
    ("maxpool2d", "max_pool"),
    ("maxpooling2d", "max_pool"),
    ("meanabsoluteerror", "mae"),
    ("meansquarederror", "mse"),
    ("mha", "multi_head_attention"),
    ("mseloss", "mse"),
    ("multiheadattention", "multi_head_attention"),
    ("multiply", "mul"),
    ("narrow", "slice"),
    ("negative", "neg"),
    ("nllloss", "nll"),
    ("normalise", "standardize"),
    ("normalization", "standardize"),
    ("normalize", "standardize"),
    ("onehotencode", "one_hot"),
    ("power", "pow"),
    ("rectifier", "relu"),
    ("reducemax", "max"),
    ("reducemean", "mean"),
    ("reducesum", "sum"),
    ("resize", "upsample"),
    ("scaleddotproductattention", "attention"),
    ("sdpa", "attention"),
    ("sparsecategoricalcrossentropy", "cross_entropy"),
    ("square", "pow"),
    ("standardise", "standardize"),
    ("stopgradient", "detach"),
    ("subtract", "sub"),
    ("torchmax", "max"),
    ("upsample2d", "upsample"),
    ("upsampling2d", "upsample"),
    ("upsamplingnearest2d", "upsample"),
    ("view", "reshape"),
    ("zeropad2d", "pad"),
    ("zeropadding2d", "pad"),
];

/// Sorted.
const ARGUMENTS: &[(&str, &[&str])] = &[
    ("alpha", &["slope"]),
    ("beta_1", &["betas"]),
    ("beta_2", &["betas"]),
    ("ceil_mode", &["ceil"]),
    ("depth", &["classes"]),
    ("dilation_rate", &["dilation"]),
    ("dim", &["axis"]),
    ("dims", &["axis"]),
    ("epsilon", &["eps"]),
    ("filters", &["channels"]),
    ("group", &["groups"]),
    ("in_channels", &["channels"]),
    ("in_features", &["features"]),
    ("inplace", &[]),
    ("keepdims", &["keep"]),
    ("kernel_initializer", &["init"]),
    ("kernel_shape", &["kernel"]),
    ("kernel_size", &["kernel"]),
    ("learning_rate", &["rate"]),
    ("lr", &["rate"]),
    ("negative_slope", &["slope"]),
    ("num_classes", &["classes"]),
    ("out_channels", &["channels"]),
    ("out_features", &["features"]),
    ("p", &["rate"]),
    ("padding", &["pad"]),
    ("pool_size", &["kernel"]),
    ("scale", &["factor"]),
    ("scale_factor", &["factor"]),
    ("size", &["kernel", "factor", "shape"]),
    ("strides", &["stride"]),
    ("units", &["features", "channels"]),
    ("use_bias", &["bias"]),
    ("weights", &["weight"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_lead_to_known_operators() {
        assert!(OPERATORS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(ARGUMENTS.is_sorted_by(|a, b| a.0 < b.0));
        for (foreign, ours) in OPERATORS {
            assert!(ops::lookup(ours).is_some(), "{foreign} leads to `{ours}`, which is no operator");
            assert!(ops::lookup(foreign).is_none(), "`{foreign}` is an operator of netc");
        }
    }

    #[test]
    fn words_of_other_frameworks_are_translated() {
        for (foreign, ours) in
            [("Linear", "dense"), ("Conv2DTranspose", "conv_transpose2d"), ("BatchNorm2d", "batch_norm")]
        {
            assert_eq!(foreign_operator(foreign), Some(ours));
        }
        assert_eq!(foreign_operator("relu6"), None);
        assert_eq!(foreign_argument("dim"), Some(["axis"].as_slice()));
    }
}
