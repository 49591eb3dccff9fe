package org.eqprop.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.xbean.asm9.ClassReader;
import org.apache.xbean.asm9.ClassVisitor;
import org.apache.xbean.asm9.Handle;
import org.apache.xbean.asm9.MethodVisitor;
import org.apache.xbean.asm9.Opcodes;
import org.apache.xbean.asm9.Type;

/**
 * Checks that class files find every class, field and method of Spark and Scala that they use in
 * another Spark home. Looks them up as the JVM does, by the types in the class file, since the same
 * source has different Scala types in different versions of Scala.
 */
final class Linkage implements AutoCloseable {
  private final URLClassLoader loader;
  private final Set<String> missing = new TreeSet<>();

  /**
   * @param jars the folder of the Spark home's jars
   */
  Linkage(Path jars) throws IOException {
    try (Stream<Path> files = Files.list(jars)) {
      loader =
          new URLClassLoader(
              files.map(Linkage::url).toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    }
  }

  private static URL url(Path file) {
    try {
      return file.toUri().toURL();
    } catch (MalformedURLException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns what the class files under a folder use but the home lacks, each as {@code USER uses
   * OWNER.NAME DESCRIPTOR}.
   */
  Set<String> missing(Path classes) throws IOException {
    try (Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
        ClassReader reader = new ClassReader(Files.readAllBytes(file));
        reader.accept(new Uses(reader.getClassName()), ClassReader.SKIP_DEBUG);
      }
    }
    return missing;
  }

  /** Returns a class of the home. */
  Class<?> type(String name) throws ClassNotFoundException {
    return Class.forName(name, false, loader);
  }

  private void check(String user, String owner, String name, String descriptor) {
    if (!owner.startsWith("org/apache/spark/") && !owner.startsWith("scala/")) {
      return;
    }
    if (!has(owner.replace('/', '.'), name, descriptor)) {
      missing.add(user + " uses " + owner + "." + name + " " + descriptor);
    }
  }

  private boolean has(String owner, String name, String descriptor) {
    List<Class<?>> open = new ArrayList<>();
    try {
      open.add(Class.forName(owner, false, loader));
      for (int i = 0; i < open.size(); i++) {
        Class<?> type = open.get(i);
        if (declares(type, name, descriptor)) {
          return true;
        }
        open.addAll(Arrays.asList(type.getInterfaces()));
        if (type.getSuperclass() != null) {
          open.add(type.getSuperclass());
        }
      }
      return open.get(0).isInterface() && declares(Object.class, name, descriptor);
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }

  private static boolean declares(Class<?> type, String name, String descriptor) {
    if (name.equals("<init>")) {
      return Arrays.stream(type.getDeclaredConstructors())
          .map(Constructor::getParameterTypes)
          .anyMatch(types -> describe(void.class, types).equals(descriptor));
    }
    if (!descriptor.startsWith("(")) {
      return Arrays.stream(type.getDeclaredFields())
          .filter(field -> field.getName().equals(name))
          .map(Field::getType)
          .anyMatch(found -> found.descriptorString().equals(descriptor));
    }
    return Arrays.stream(type.getDeclaredMethods())
        .filter((Method method) -> method.getName().equals(name))
        .anyMatch(m -> describe(m.getReturnType(), m.getParameterTypes()).equals(descriptor));
  }

  private static String describe(Class<?> result, Class<?>[] parameters) {
    return MethodType.methodType(result, parameters).toMethodDescriptorString();
  }

  @Override
  public void close() throws IOException {
    loader.close();
  }

  /** Looks up everything that the methods of one class use. */
  private final class Uses extends ClassVisitor {
    private final String user;

    Uses(String user) {
      super(Opcodes.ASM9);
      this.user = user;
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String method, String signature, String generic, String[] exceptions) {
      return new MethodVisitor(Opcodes.ASM9) {
        @Override
        public void visitMethodInsn(
            int opcode, String owner, String name, String descriptor, boolean ofAnInterface) {
          check(user, owner, name, descriptor);
        }

        @Override
        public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
          check(user, owner, name, descriptor);
        }

        @Override
        public void visitInvokeDynamicInsn(
            String name, String descriptor, Handle bootstrap, Object... arguments) {
          for (Object argument : arguments) {
            if (argument instanceof Handle handle) {
              check(user, handle.getOwner(), handle.getName(), handle.getDesc());
            }
          }
        }

        @Override
        public void visitLdcInsn(Object value) {
          if (value instanceof Type type && type.getSort() == Type.OBJECT) {
            check(user, type.getInternalName(), "hashCode", "()I");
          }
        }
      };
    }
  }
}
