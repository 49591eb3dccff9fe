package org.eqprop.ml;

import java.io.Serializable;
import java.util.function.Predicate;
import scala.runtime.AbstractFunction1;

/** What Spark's parameters accept, as they want it said. */
final class ParameterCheck<T> extends AbstractFunction1<T, Object> implements Serializable {
  private static final long serialVersionUID = 1L;
  private final Test<T> test;

  /** A condition that travels with its parameter. */
  interface Test<T> extends Predicate<T>, Serializable {}

  ParameterCheck(Test<T> test) {
    this.test = test;
  }

  @Override
  public Object apply(T value) {
    return test.test(value);
  }
}
