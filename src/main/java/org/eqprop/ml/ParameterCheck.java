package org.eqprop.ml;

import java.io.Serializable;
import java.util.function.Predicate;
import scala.runtime.AbstractFunction1;

/** The condition on a parameter's value, in the form that Spark's parameters expect. */
final class ParameterCheck<T> extends AbstractFunction1<T, Object> implements Serializable {
  private static final long serialVersionUID = 1L;
  private final Test<T> test;

  /** A condition that is serialized with its parameter. */
  interface Test<T> extends Predicate<T>, Serializable {}

  ParameterCheck(Test<T> test) {
    this.test = test;
  }

  @Override
  public Object apply(T value) {
    return test.test(value);
  }
}
