using RollingUpdate;

Update graceful = new(Console.Out, "pods finish their work before they go", grace: true);
graceful.Run();
Update hasty = new(Console.Out, "pods go at once", grace: false);
hasty.Run();
