package org.eqprop.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.apache.spark.util.Utils;
import org.junit.jupiter.api.Test;

class SparkMethodTest {
  /** The class with the methods that are looked up. */
  public static final class Owner {
    public String greeting(String name) {
      return "hello " + name;
    }

    public void failing() {
      throw new IllegalArgumentException("no");
    }

    public void twice() {}

    public void twice(int again) {}

    static void hidden() {}
  }

  @Test
  void callsTheMethodOfThatName() {
    assertThat(SparkMethod.of(Owner.class, "greeting").call(String.class, new Owner(), "Spark"))
        .isEqualTo("hello Spark");
    SparkMethod split = SparkMethod.of(Utils.class, "splitCommandString");
    assertThat(split.<String>list(null, "-Da='b c' -Dd")).isEqualTo(List.of("-Da=b c", "-Dd"));
  }

  @Test
  void throwsTheMethodsOwnException() {
    SparkMethod failing = SparkMethod.of(Owner.class, "failing");
    assertThatThrownBy(() -> failing.call(Void.class, new Owner()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no");
  }

  @Test
  void refusesANameWithoutExactlyOnePublicMethod() {
    for (String name : List.of("twice", "hidden", "missing")) {
      assertThatThrownBy(() -> SparkMethod.of(Owner.class, name))
          .isInstanceOf(LinkageError.class)
          .hasMessageContaining(name);
    }
  }
}
