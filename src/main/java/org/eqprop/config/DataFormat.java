package org.eqprop.config;

/** The file formats of data sets. */
public enum DataFormat {
  /** A pair of IDX files, images and labels. */
  IDX,
  /** The binary version of CIFAR-10. */
  CIFAR_10,
  /** The binary version of CIFAR-100. */
  CIFAR_100,
  /** A table that Spark reads. */
  TABLE
}
