from echo import something_else
