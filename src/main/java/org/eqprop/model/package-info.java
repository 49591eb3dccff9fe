/** Model files: safetensors, plain tensors, and the checks before anything of them is believed. */
@org.jspecify.annotations.NullMarked
package org.eqprop.model;
