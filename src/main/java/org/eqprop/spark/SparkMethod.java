package org.eqprop.spark;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * A method of Spark that is looked up by name. The JVM links calls by the types of parameters and
 * results, and those of some methods differ between Spark's versions: what is a {@code Seq} in
 * Spark's source is {@code scala.collection.Seq} for Scala 2.12 and {@code
 * scala.collection.immutable.Seq} for Scala 2.13. A call in our source would fit only one of them.
 */
public final class SparkMethod {
  private final Method method;

  private SparkMethod(Method method) {
    this.method = method;
  }

  /**
   * Finds the only public method of a name.
   *
   * @throws LinkageError if there is none, or if there are several
   */
  public static SparkMethod of(Class<?> owner, String name) {
    List<Method> found =
        Arrays.stream(owner.getMethods()).filter(m -> m.getName().equals(name)).toList();
    if (found.size() != 1) {
      throw new LinkageError(
          owner.getName()
              + "."
              + name
              + ": "
              + found.size()
              + " public methods of this name: expected 1");
    }
    return new SparkMethod(found.get(0));
  }

  /**
   * Calls the method, which must not return null.
   *
   * @param type of the result
   * @param target null for a static method
   */
  public <T> T call(Class<T> type, @Nullable Object target, Object... arguments) {
    try {
      return type.cast(method.invoke(target, arguments));
    } catch (IllegalAccessException e) {
      throw new LinkageError(method.toString(), e);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(method.toString(), e.getCause());
    }
  }

  /**
   * Calls a method that returns a Scala sequence, and returns a view of it.
   *
   * @param <T> type of the elements, which is not checked
   * @param target null for a static method
   */
  @SuppressWarnings("unchecked")
  public <T> List<T> list(@Nullable Object target, Object... arguments) {
    return JavaConverters.seqAsJavaList((Seq<T>) call(Seq.class, target, arguments));
  }
}
