def greeting(greet, name):
    return f"{greet}, {name}!"
