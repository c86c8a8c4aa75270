package dev.quire.run;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * The signals that ask a process to end, as Ctrl-C does, for those that have to do something before
 * they do. The JDK's class for them is not one that the compiler lets programs name.
 */
public final class Signals {
  private Signals() {}

  /**
   * Has {@code action} run, on a thread of its own, each time that the signal comes; until the
   * result is run. Nothing happens on a Java runtime that cannot do so.
   *
   * @param name such as INT, TERM, HUP
   */
  public static Runnable handle(String name, Runnable action) {
    try {
      Class<?> type = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Method handle = type.getMethod("handle", type, handler);
      Object signal = type.getConstructor(String.class).newInstance(name);
      Object before = handle.invoke(null, signal, proxy(handler, action));
      return () -> invoke(handle, signal, before);
    } catch (ReflectiveOperationException e) {
      return () -> {};
    }
  }

  private static void invoke(Method handle, Object... arguments) {
    try {
      var _ = handle.invoke(null, arguments);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("it could be done before", e);
    }
  }

  private static Object proxy(Class<?> handler, Runnable action) {
    InvocationHandler calls =
        (self, method, arguments) -> {
          if (!method.getName().equals("handle")) {
            return method.invoke(action, arguments); // a method of every object
          }
          action.run();
          return null;
        };
    return Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, calls);
  }
}
