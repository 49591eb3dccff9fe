/** Model files: safetensors, plain tensors, and the checks before their content is used. */
@org.jspecify.annotations.NullMarked
package org.eqprop.model;
